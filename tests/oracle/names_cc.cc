// A program of many small functions from the standard library, inlined into one another; it is only looked at.
#include <algorithm>
#include <iostream>
#include <map>
#include <regex>
#include <string>
#include <vector>

namespace words {

struct counted {
	std::map<std::string, int> by_word;

	void add(const std::string &word) { by_word[word]++; }
};

static std::vector<std::pair<std::string, int>> sorted(const counted &c)
{
	std::vector<std::pair<std::string, int>> all(c.by_word.begin(), c.by_word.end());

	std::sort(all.begin(), all.end(), [](const auto &a, const auto &b) { return a.second > b.second; });
	return all;
}

} // namespace words

int main()
{
	words::counted c;
	std::regex word("[a-z]+");

	for (std::string line; std::getline(std::cin, line);)
		for (std::sregex_iterator i(line.begin(), line.end(), word), end; i != end; ++i)
			c.add(i->str());
	for (const auto &[text, n] : words::sorted(c))
		std::cout << text << ' ' << n << '\n';
}
