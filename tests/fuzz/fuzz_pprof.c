/*
 * A profile that somebody else wrote. What can be read at all can also be asked, written in every format, and what was
 * written can be read again.
 */
#include "src/output/output.h"
#include "src/output/pprof.h"
#include "src/profile/query.h"
#include "tests/fuzz/fuzz.h"

enum { LIMIT = 1 << 22 };

static void ask(const struct profile *p)
{
	regex_t focus;
	struct top top;

	must_hold(regcomp(&focus, "a", REG_EXTENDED | REG_NOSUB) == 0);
	for (size_t type = 0; type < p->n_types; type++) {
		struct top_options options = {
			.type = type, .by_cum = type & 1, .focus = type & 2 ? &focus : NULL, .max_rows = 3 * (type & 1),
			.node_fraction = 0.005, .edge_fraction = 0.001,
		};

		profile_top(p, &options, &top);
		must_hold(top.rows.n <= top.candidates);
		top_free(&top);
	}
	regfree(&focus);
}

static void write_again(const struct profile *p)
{
	struct buf file = { 0 }, folded = { 0 };
	struct profile again;

	must_hold(pprof_encode(p, &file, NULL) == 0);
	must_hold(output_folded.write(p, &folded, NULL) == 0);
	profile_init(&again);
	must_hold(pprof_decode(file.at, file.n, &again, NULL) == 0);
	must_hold(again.samples.n <= p->samples.n && again.n_types == p->n_types);
	profile_free(&again);
	buf_free(&file);
	buf_free(&folded);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct error err = ERROR_INIT;
	struct profile p;

	profile_init(&p);
	if (pprof_decode_within(bytes, n, LIMIT, &p, &err) == 0) {
		ask(&p);
		write_again(&p);
	} else {
		must_hold(err.text[0] && !p.n_types);
	}
	profile_free(&p);
	return 0;
}
