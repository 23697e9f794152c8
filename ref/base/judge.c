#include "ref/base/judge.h"

#include "ref/base/mathf.h"

#include <math.h>
#include <string.h>

static const char *const class_names[TS_CLASS_COUNT] = {
    "exact", "rounded", "path", "statistical", "perceptual", "double", "within"};

const char *ts_class_name(ts_class c)
{
    return c >= 0 && c < TS_CLASS_COUNT ? class_names[c] : "unknown";
}

bool ts_class_from_name(const char *name, ts_class *c)
{
    for (int i = 0; i < TS_CLASS_COUNT; i++)
        if (strcmp(name, class_names[i]) == 0) {
            *c = (ts_class)i;
            return true;
        }
    return false;
}

/* Bits of the significand, the leading one included, and the exponent of the smallest normal. */
static void format_of(ts_dtype format, int *bits, int *lowest)
{
    switch (format) {
    case TS_F64: *bits = 53, *lowest = -1022; break;
    case TS_BF16: *bits = 8, *lowest = -126; break;
    case TS_F16: *bits = 11, *lowest = -14; break;
    case TS_F8_E4M3: *bits = 4, *lowest = -6; break;
    default: *bits = 24, *lowest = -126; break;
    }
}

double ts_unit_roundoff(ts_dtype format)
{
    int bits, lowest;
    format_of(format, &bits, &lowest);
    return ldexp(1.0, -bits);
}

/* The distance of neighbouring numbers of the format at r. */
static double unit_in_last_place(double r, ts_dtype format)
{
    int bits, lowest, exponent;
    format_of(format, &bits, &lowest);
    frexp(r, &exponent); /* r = m 2^exponent with 1/2 <= |m| < 1 */
    exponent -= 1;
    if (r == 0.0 || exponent < lowest)
        exponent = lowest;
    return ldexp(1.0, exponent - (bits - 1));
}

static const char *const places = "NaN and infinity are not where the truth has them";

/* Infinity, not NaN, when nothing is allowed and something is off. */
static double part_of(double error, double allowed)
{
    return error == 0.0 ? 0.0 : allowed > 0.0 ? error / allowed : (double)INFINITY;
}

static bool same_place(double y, double r)
{
    return isnan(r) ? isnan(y) : isinf(r) ? y == r : isfinite(y);
}

/* What every class reports, and where the largest error stands. */
static ts_verdict summary(const double *y, const double *r, int64_t n, ts_class law,
                          ts_dtype format)
{
    ts_verdict v = {.pass = true, .law = law, .where = -1, .reason = ""};
    double yy = 0.0, rr = 0.0, yr = 0.0;
    for (int64_t i = 0; i < n; i++) {
        if (!same_place(y[i], r[i])) {
            v.pass = false;
            v.ratio = (double)INFINITY;
            v.where = i;
            v.reason = places;
        }
        if (!isfinite(y[i]) || !isfinite(r[i]))
            continue;
        const double error = fabs(y[i] - r[i]);
        const double units = error / unit_in_last_place(r[i], format);
        if (error > v.max_abs) {
            v.max_abs = error;
            if (v.pass)
                v.where = i;
        }
        if (r[i] != 0.0 && error / fabs(r[i]) > v.max_rel)
            v.max_rel = error / fabs(r[i]);
        if (units > v.ulp)
            v.ulp = units;
        yy += y[i] * y[i];
        rr += r[i] * r[i];
        yr += y[i] * r[i];
    }
    v.cosine = yy > 0.0 && rr > 0.0 ? yr / (sqrt(yy) * sqrt(rr)) : yy == rr ? 1.0 : 0.0;
    return v;
}

static ts_verdict settled(ts_verdict v, const double *y, const double *r, const char *reason)
{
    if (v.pass && !(v.ratio <= 1.0)) {
        v.pass = false;
        v.reason = reason;
    }
    if (v.where >= 0) {
        v.got = y[v.where];
        v.want = r[v.where];
    }
    return v;
}

static bool is_integer(ts_dtype dtype)
{
    return !ts_dtype_is_float(dtype);
}

/* Integers beyond 2^53 are not doubles: they are compared as integers. */
static bool same_value(const void *y, ts_dtype y_dtype, const void *r, ts_dtype r_dtype, int64_t i)
{
    if (y_dtype == r_dtype && is_integer(y_dtype)) {
        const size_t size = ts_dtype_size(y_dtype);
        return memcmp((const char *)y + (size_t)i * size, (const char *)r + (size_t)i * size,
                      size) == 0;
    }
    const double a = ts_load(y, y_dtype, i), b = ts_load(r, r_dtype, i);
    return a == b || (isnan(a) && isnan(b));
}

ts_verdict ts_judge_exact(const void *y, ts_dtype y_dtype, const void *r, ts_dtype r_dtype,
                          int64_t n)
{
    ts_verdict v = {.pass = true, .law = TS_CLASS_EXACT, .where = -1, .reason = ""};
    const ts_dtype format = is_integer(r_dtype) ? TS_F64 : r_dtype;
    double yy = 0.0, rr = 0.0, yr = 0.0;
    for (int64_t i = 0; i < n; i++) {
        const double a = ts_load(y, y_dtype, i), b = ts_load(r, r_dtype, i);
        const double error = fabs(a - b), units = is_integer(r_dtype)
                                 ? error : error / unit_in_last_place(b, format);
        yy += a * a;
        rr += b * b;
        yr += a * b;
        if (error > v.max_abs)
            v.max_abs = error;
        if (b != 0.0 && error / fabs(b) > v.max_rel)
            v.max_rel = error / fabs(b);
        if (units > v.ulp)
            v.ulp = units;
        if (!v.pass || same_value(y, y_dtype, r, r_dtype, i))
            continue;
        v.pass = false;
        v.ratio = (double)INFINITY;
        v.where = i;
        v.got = a;
        v.want = b;
        v.reason = "not equal";
    }
    v.cosine = yy > 0.0 && rr > 0.0 ? yr / (sqrt(yy) * sqrt(rr)) : yy == rr ? 1.0 : 0.0;
    return v;
}

ts_verdict ts_judge_rounded(const double *y, const double *r, const double *gauge, int64_t n,
                            double terms, ts_dtype out, ts_dtype accumulator)
{
    const double c = 4.0 + sqrt(terms) / 8.0;
    const double u_out = ts_unit_roundoff(out), u_acc = ts_unit_roundoff(accumulator);
    int bits, lowest;
    format_of(out, &bits, &lowest);
    const double smallest = ldexp(1.0, lowest - (bits - 1)); /* half of it: rounding near 0 */
    ts_verdict v = summary(y, r, n, TS_CLASS_ROUNDED, out);
    for (int64_t i = 0; i < n && v.reason != places; i++) {
        if (!isfinite(r[i]))
            continue;
        const double allowed = u_out * fabs(r[i]) + c * u_acc * gauge[i] + smallest / 2.0;
        const double ratio = part_of(fabs(y[i] - r[i]), allowed);
        if (!(ratio <= v.ratio)) {
            v.ratio = ratio;
            v.where = i;
        }
    }
    return settled(v, y, r, "further from the truth than this operation's rounding can bring it");
}

ts_honest ts_honest_error(const double *h, const double *r, int64_t n)
{
    ts_honest e = {0};
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(r[i]) || !isfinite(h[i]))
            continue;
        const double d = fabs(h[i] - r[i]);
        e.norm += d * d;
        if (d > e.max)
            e.max = d;
    }
    e.norm = sqrt(e.norm);
    return e;
}

ts_verdict ts_judge_path(const double *y, const double *r, int64_t n, ts_honest e, ts_dtype format)
{
    ts_verdict v = summary(y, r, n, TS_CLASS_PATH, format);
    if (v.reason == places)
        return settled(v, y, r, places);
    const double u = ts_unit_roundoff(format);
    double norm = 0.0, size = 0.0, largest = 0.0;
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(r[i]))
            continue;
        norm += (y[i] - r[i]) * (y[i] - r[i]);
        size += r[i] * r[i];
        if (fabs(r[i]) > largest)
            largest = fabs(r[i]);
    }
    /* E is one run's error: of a few elements it says little about another's. An honest run of
     * four elements is off by over three times another in one case of 36, over nine in 2,300. */
    const double few = 1.0 + 4.0 / sqrt((double)(n > 0 ? n : 1));
    const bool any = e.norm > 0.0;
    const double norm_bound = fmax(3.0 * few * e.norm, u * sqrt(size));
    const double max_bound = fmax(8.0 * few * e.max, u * largest);
    const double by_norm = part_of(sqrt(norm), any ? norm_bound : 0.0);
    const double by_max = part_of(v.max_abs, any ? max_bound : 0.0);
    v.ratio = fmax(by_norm, by_max);
    return settled(v, y, r, !any ? "an honest run is exact here, and this is not"
                            : by_norm > by_max ? "||y - r|| is over its multiple of ||E||"
                                               : "max|y - r| is over its multiple of max|E|");
}

ts_verdict ts_judge_double(const double *y, const double *r, int64_t n)
{
    ts_verdict v = summary(y, r, n, TS_CLASS_DOUBLE, TS_F64);
    double largest = 0.0;
    for (int64_t i = 0; i < n; i++)
        if (isfinite(r[i]) && fabs(r[i]) > largest)
            largest = fabs(r[i]);
    if (v.reason != places)
        v.ratio = v.max_abs / fmax(1e-9 * largest, 1e-12);
    return settled(v, y, r, "further than 1e-9 of the largest element from the truth");
}

ts_verdict ts_judge_within(const double *y, const double *r, int64_t n, double rtol, double atol,
                           ts_dtype format)
{
    ts_verdict v = summary(y, r, n, TS_CLASS_WITHIN, format);
    for (int64_t i = 0; i < n && v.reason != places; i++) {
        const double ratio =
            isfinite(r[i]) ? part_of(fabs(y[i] - r[i]), atol + rtol * fabs(r[i])) : 0.0;
        if (!(ratio <= v.ratio)) {
            v.ratio = ratio;
            v.where = i;
        }
    }
    return settled(v, y, r, "outside the stated tolerance");
}

void ts_judge_trust(ts_verdict *v, const double *y, const double *r, int64_t n)
{
    int64_t zeros = 0, right = 0;
    for (int64_t i = 0; i < n; i++) {
        zeros += y[i] == 0.0;
        right += r[i] == 0.0;
    }
    if (zeros <= n - zeros || right > n - right)
        return;
    v->mistrusted = v->pass;
    v->pass = false;
    if (v->mistrusted)
        v->reason = "MISTRUSTED: more than half zeros, and the truth is not";
}

/* Statistics. ---------------------------------------------------------------------------------- */

/* Ascending, in place: a heap, so that the worst case is as the average. */
static void sift(double *a, int64_t root, int64_t n)
{
    for (;;) {
        int64_t child = 2 * root + 1;
        if (child >= n)
            return;
        if (child + 1 < n && a[child] < a[child + 1])
            child++;
        if (!(a[root] < a[child]))
            return;
        const double t = a[root];
        a[root] = a[child];
        a[child] = t;
        root = child;
    }
}

static void sort(double *a, int64_t n)
{
    for (int64_t i = n / 2 - 1; i >= 0; i--)
        sift(a, i, n);
    for (int64_t last = n - 1; last > 0; last--) {
        const double t = a[0];
        a[0] = a[last];
        a[last] = t;
        sift(a, 0, last);
    }
}

double ts_normal_cdf(double x)
{
    return 0.5 * ts_erfc(-x * 0.70710678118654752440);
}

double ts_uniform_cdf(double x)
{
    return x < 0.0 ? 0.0 : x > 1.0 ? 1.0 : x;
}

static void worse(ts_verdict *v, double ratio, const char *reason)
{
    if (!(ratio <= v->ratio)) {
        v->ratio = ratio;
        v->reason = reason;
    }
}

ts_verdict ts_judge_drawn(const double *draws, double *sorted, int64_t n, double (*cdf)(double),
                          double false_alarm)
{
    ts_verdict v = {.pass = true, .law = TS_CLASS_STATISTICAL, .where = -1, .reason = ""};
    const double share = -ts_log(false_alarm / 3.0 / 2.0); /* three two-sided tests */
    const int64_t pairs = n / 2;
    double distance = 0.0, rising = 0.0, together = 0.0;
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(sorted[i] = draws[i])) {
            v.pass = false;
            v.ratio = (double)INFINITY;
            v.where = i;
            v.got = draws[i];
            v.reason = "a draw is not a number";
            return v;
        }
    sort(sorted, n);
    for (int64_t i = 0; i < n; i++) {
        const double p = cdf(sorted[i]);
        distance = fmax(distance, fmax(p - (double)i / (double)n, (double)(i + 1) / (double)n - p));
    }
    for (int64_t i = 0; i < pairs; i++) {
        const double a = cdf(draws[2 * i]), b = cdf(draws[2 * i + 1]);
        rising += a < b ? 1.0 : a > b ? 0.0 : 0.5;
        together += (a < 0.5) == (b < 0.5);
    }
    if (n > 0)
        worse(&v, distance / sqrt(share / (2.0 * (double)n)), "not the stated distribution");
    if (pairs > 0) {
        const double room = sqrt(share * (double)pairs / 2.0);
        worse(&v, fabs(rising - (double)pairs / 2.0) / room, "neighbours rise or fall together");
        worse(&v, fabs(together - (double)pairs / 2.0) / room,
              "neighbours lie on one side of the median");
    }
    v.pass = v.ratio <= 1.0;
    if (v.pass)
        v.reason = "";
    return v;
}

/* Pictures. ------------------------------------------------------------------------------------ */

double ts_psnr(const double *y, const double *r, int64_t n, double peak)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++)
        sum += (y[i] - r[i]) * (y[i] - r[i]);
    if (n == 0 || sum == 0.0)
        return (double)INFINITY;
    return 10.0 / 2.30258509299404568402 * ts_log(peak * peak * (double)n / sum);
}

enum { WINDOW = 11 };

/* The index at one place: moments of y and r under a window of wh x ww at (top, left). */
static double similarity_at(const double *y, const double *r, int64_t w, const double *gh,
                            const double *gw, int64_t wh, int64_t ww, double peak)
{
    double my = 0, mr = 0, yy = 0, rr = 0, yr = 0;
    for (int64_t i = 0; i < wh; i++)
        for (int64_t j = 0; j < ww; j++) {
            const double g = gh[i] * gw[j], a = y[i * w + j], b = r[i * w + j];
            my += g * a;
            mr += g * b;
            yy += g * a * a;
            rr += g * b * b;
            yr += g * a * b;
        }
    const double c1 = 0.01 * peak * 0.01 * peak, c2 = 0.03 * peak * 0.03 * peak;
    return (2.0 * my * mr + c1) * (2.0 * (yr - my * mr) + c2) /
           ((my * my + mr * mr + c1) * (yy - my * my + rr - mr * mr + c2));
}

static void window_of(double *g, int64_t n)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++) {
        const double d = (double)i - (double)(n - 1) / 2.0;
        sum += g[i] = ts_exp(-d * d / (2.0 * 1.5 * 1.5));
    }
    for (int64_t i = 0; i < n; i++)
        g[i] /= sum;
}

double ts_ssim(const double *y, const double *r, int64_t h, int64_t w, double peak)
{
    const int64_t wh = h < WINDOW ? h : WINDOW, ww = w < WINDOW ? w : WINDOW;
    double gh[WINDOW], gw[WINDOW], sum = 0.0;
    if (h < 1 || w < 1)
        return 1.0;
    window_of(gh, wh);
    window_of(gw, ww);
    for (int64_t i = 0; i + wh <= h; i++)
        for (int64_t j = 0; j + ww <= w; j++)
            sum += similarity_at(y + i * w + j, r + i * w + j, w, gh, gw, wh, ww, peak);
    return sum / (double)((h - wh + 1) * (w - ww + 1));
}

static double byte_of(double x)
{
    const double v = nearbyint(255.0 * (x / 2.0 + 0.5));
    return v < 0.0 ? 0.0 : v > 255.0 ? 255.0 : v;
}

ts_verdict ts_judge_picture(const uint8_t *y, const double *r, int64_t planes, int64_t h,
                            int64_t w, double bound)
{
    ts_verdict v = {.pass = true, .law = TS_CLASS_EXACT, .where = -1, .reason = "", .cosine = 1.0};
    for (int64_t i = 0; i < planes * h * w; i++) {
        const int64_t plane = i % planes, place = i / planes;
        const double x = r[plane * h * w + place], got = (double)y[i];
        const double low = byte_of(x - bound), high = byte_of(x + bound);
        const double error = fabs(got - byte_of(x));
        if (error > v.max_abs)
            v.max_abs = error;
        if (v.pass && !(got >= low && got <= high)) {
            v.pass = false;
            v.ratio = (double)INFINITY;
            v.where = i;
            v.got = got;
            v.want = byte_of(x);
            v.reason = "a byte that no value within the bound of the truth gives";
        }
    }
    v.ulp = v.max_abs;
    return v;
}
