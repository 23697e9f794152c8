/* mathf.h: elementary functions on doubles, the same bits everywhere.
 *
 *     ts_exp  ts_expm1  ts_log  ts_log1p  ts_sin  ts_cos  ts_tanh  ts_erf  ts_erfc  ts_pow
 *
 * The C library's functions differ between machines in the last bit of a double, and cannot be
 * turned into vectors. These use only + - * / on doubles, integer operations on their bits, and
 * choices between two computed values: built without fused multiply-add (-ffp-contract=off) every
 * compiler gives the same bits, and a loop over them becomes a vector loop (gcc -O3, clang -O2; not
 * sin and cos of |x| > 2^20, and not pow, which branch). A float function of the reference is
 * (float)ts_f((double)x): the exact result rounded once, but where the exact result lies within a
 * double's error of the middle between two floats (about one argument in 2^28).
 *
 * Three ideas carry all of them:
 *
 *   1. The argument is brought into a small interval by a step that is exact (exp: x = n ln 2 + r;
 *      log: x = 2^k m; sin: x = n pi/2 + r), with constants cut so short that n times the first
 *      pieces has no rounding error.
 *   2. There the function is "large exact term + small correction"; the correction is a polynomial
 *      (scripts/mathf_polynomials.py makes them), whose error weighs little beside the large term.
 *   3. What an addition or product rounds away is kept as a second double (mathf_pair) wherever it
 *      would weigh more than a tenth of a unit in the last place.
 *
 * Largest error seen, in units in the last place of the result (0.5 is a perfectly rounded one),
 * over the table of data/goldens/base/mathf.txt and a million random arguments in each range:
 *
 *     exp 0.58 (0.75 where the result is subnormal)      expm1 0.79   log 0.64    log1p 0.67
 *     sin 0.78   cos 0.79   tanh 0.67   erf 0.75   erfc 0.96   pow 0.71
 *
 * Special values are those of C's Annex F: NaN in, NaN out (but pow(1, NaN) = pow(NaN, 0) = 1),
 * infinities and signs of zero as there; results run down through the subnormal numbers.
 *
 * Use forms without cancellation, or the last bits mean nothing:
 *     GELU (tanh form)   x / (1 + exp(-2u)), u = sqrt(2/pi) (x + 0.044715 x^3);
 *                        x (1 + tanh u) / 2 loses everything for x < -3
 *     GELU (erf form)    x erfc(-x / sqrt 2) / 2, not x (1 + erf(x / sqrt 2)) / 2
 *     log-sum-exp        m + log(sum of exp(x - m)), m the largest x
 *     sigmoid            1 / (1 + exp(-x)): fine as it stands, both tails
 *     softplus           log1p(exp(-|x|)) + max(x, 0)
 * Test: tests/base/test_mathf.c. */
#ifndef TS_BASE_MATHF_H
#define TS_BASE_MATHF_H

#include "ref/base/mathf_erf.h"
#include "ref/base/mathf_exp.h"
#include "ref/base/mathf_log.h"
#include "ref/base/mathf_pow.h"
#include "ref/base/mathf_trig.h"

#endif
