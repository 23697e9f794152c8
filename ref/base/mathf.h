#ifndef TS_BASE_MATHF_H
#define TS_BASE_MATHF_H
#include <math.h>
static inline double ts_exp(double x) { return exp(x); }
static inline double ts_expm1(double x) { return expm1(x); }
static inline double ts_log(double x) { return log(x); }
static inline double ts_log1p(double x) { return log1p(x); }
static inline double ts_sin(double x) { return sin(x); }
static inline double ts_cos(double x) { return cos(x); }
static inline double ts_tanh(double x) { return tanh(x); }
static inline double ts_erf(double x) { return erf(x); }
static inline double ts_erfc(double x) { return erfc(x); }
static inline double ts_pow(double x, double y) { return pow(x, y); }
#endif
