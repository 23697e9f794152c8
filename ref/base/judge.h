/* judge.h: is a result right?
 *
 * r is the truth, y the result under test, both widened to double (exact comparisons take the
 * numbers as they are stored). There are five classes, and none of them has a magic number:
 *
 *     exact        the same values: ids, permutations, masks, random streams, exact integer sums
 *     rounded      one operation:  |y - r| <= u_out |r| + c u_acc g,   c = 4 + sqrt(K) / 8
 *                  g is the operation's gauge (ts_tensor.gauge of an f64 run), K its longest sum
 *     path         a network: with E, the error that an honest program in the same number format
 *                  makes,   ||y - r|| <= 3 f ||E||   and   max|y - r| <= 8 f max|E|,
 *                  f = 1 + 4 / sqrt(n) for n elements: E of a few says little about another run's
 *     statistical  random numbers that are not ours: tests with a stated false-alarm probability
 *     perceptual   PSNR and SSIM: a summary beside a verdict, never a verdict
 *
 * and one rule for runs in double: max|y - r| <= 1e-9 max|r|, at least 1e-12.
 *
 * In every class NaN and infinity must stand where they stand in the truth, infinity with its sign;
 * a result of mostly zeros where the truth is not is mistrusted, however small its error. */
#ifndef TS_BASE_JUDGE_H
#define TS_BASE_JUDGE_H

#include "ref/base/dtype.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    TS_CLASS_EXACT,
    TS_CLASS_ROUNDED,
    TS_CLASS_PATH,
    TS_CLASS_STATISTICAL,
    TS_CLASS_PERCEPTUAL,
    TS_CLASS_DOUBLE, /* the rule for runs in double */
    TS_CLASS_WITHIN, /* |y - r| <= atol + rtol |r|: a tolerance that somebody states */
    TS_CLASS_COUNT
} ts_class;

const char *ts_class_name(ts_class c);
bool ts_class_from_name(const char *name, ts_class *c);

typedef struct {
    bool pass;
    bool mistrusted;    /* inside its bound, but mostly zeros */
    ts_class law;
    double ratio;       /* the largest error as a part of what is allowed; infinite where 0 is */
    int64_t where;      /* the element it stands at; -1: nowhere in particular */
    double got, want;   /* the numbers there */
    double max_abs;     /* over elements that are finite on both sides */
    double max_rel;     /* |y - r| / |r| where r is not 0 */
    double ulp;         /* |y - r| in units of the last place of the format, at r */
    double cosine;      /* of the angle between y and r; 1 when both are 0 */
    const char *reason; /* one of a few fixed phrases, "" when it passes */
} ts_verdict;

/* The relative rounding error of a format: 2^-24 for F32, 2^-53, 2^-8 (BF16), 2^-11 (F16). */
double ts_unit_roundoff(ts_dtype format);

/* What the error of a run in a narrow format was: made from the honest run h and the truth r. */
typedef struct {
    double norm; /* ||E||: the root of the sum of squares */
    double max;  /* max |E| */
} ts_honest;
ts_honest ts_honest_error(const double *h, const double *r, int64_t n);

/* Numbers that are stored alike or not: equal when their values are; NaN equals NaN. 0 is -0. */
ts_verdict ts_judge_exact(const void *y, ts_dtype y_dtype, const void *r, ts_dtype r_dtype,
                          int64_t n);

/* u_out: of the result's format; u_acc: of the accumulator's (2^-24 for every f32 run). */
ts_verdict ts_judge_rounded(const double *y, const double *r, const double *gauge, int64_t n,
                            double terms, ts_dtype out, ts_dtype accumulator);

/* `format` is the number format of the result; E = 0 asks for equality. Otherwise the truth, rounded
 * once to the format, always passes, however lucky the honest run was: the bounds are never below
 * u ||r|| and u max|r|. */
ts_verdict ts_judge_path(const double *y, const double *r, int64_t n, ts_honest e,
                         ts_dtype format);

ts_verdict ts_judge_double(const double *y, const double *r, int64_t n);
ts_verdict ts_judge_within(const double *y, const double *r, int64_t n, double rtol, double atol,
                           ts_dtype format);

/* More than half of y is 0 and at most half of r is: sets `mistrusted`, and `pass` to false. Not
 * for gradients, residuals and scatters, which may be sparse. */
void ts_judge_trust(ts_verdict *v, const double *y, const double *r, int64_t n);

/* n independent draws of the distribution with that distribution function: a right generator is
 * refused with at most the probability `false_alarm`. Three tests share it: the distance between
 * empirical and stated distribution (Dvoretzky-Kiefer-Wolfowitz with Massart's constant, true for
 * every n), and in disjoint pairs of neighbours how often the second is larger, and how often both
 * lie on one side of the median (Hoeffding). `sorted` has room for n numbers. */
ts_verdict ts_judge_drawn(const double *draws, double *sorted, int64_t n, double (*cdf)(double),
                          double false_alarm);
double ts_normal_cdf(double x);
double ts_uniform_cdf(double x);

/* Peak signal-to-noise ratio in dB (infinite for equal pictures), and the structural similarity of
 * one plane of h x w (Wang et al. 2004: Gaussian window of 11 x 11, sigma 1.5, K = 0.01, 0.03; the
 * window stays inside, and shrinks with planes that are smaller). */
double ts_psnr(const double *y, const double *r, int64_t n, double peak);
double ts_ssim(const double *y, const double *r, int64_t h, int64_t w, double peak);

/* A byte of a picture made from a value x in [-1, 1]: round(255 (x + 1) / 2), half to even, as
 * PyTorch and NumPy do. It is right if some value within `bound` of the truth r gives it. y is h x w x
 * planes, r is planes x h x w. */
ts_verdict ts_judge_picture(const uint8_t *y, const double *r, int64_t planes, int64_t h,
                            int64_t w, double bound);

#ifdef __cplusplus
}
#endif
#endif
