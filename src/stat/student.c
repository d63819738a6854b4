/*
 * For whole degrees of freedom the distribution is a finite sum of powers of a cosine (Abramowitz and Stegun, Handbook
 * of Mathematical Functions, 26.7.3 and 26.7.4). It is inverted by halving an interval: no table to mistype, and no
 * library.
 */
#include "src/stat/student.h"

#include <math.h>

/* From here on t moves by less than its fourth decimal, and the sum only becomes longer. */
static const size_t as_good_as_normal = 20000;

/* The probability that |T| <= t. */
static double inside(double t, size_t freedom)
{
	double angle = atan(t / sqrt((double)freedom)), cosine = cos(angle);
	size_t odd = freedom % 2;
	double term = odd ? cosine : 1, sum = 0;

	for (size_t power = odd; power + 2 <= freedom; power += 2) {
		sum += term;
		term *= cosine * cosine * (double)(power + 1) / (double)(power + 2);
	}
	return odd ? M_2_PI * (angle + sin(angle) * sum) : sin(angle) * sum;
}

double stat_t95(size_t freedom)
{
	double low = 1.9, high = 13; /* the normal distribution's 1.96, and 12.706 for a freedom of 1 */

	if (freedom > as_good_as_normal)
		freedom = as_good_as_normal;
	for (int i = 0; i < 50; i++) {
		double t = (low + high) / 2;

		if (inside(t, freedom) < 0.95)
			low = t;
		else
			high = t;
	}
	return high;
}
