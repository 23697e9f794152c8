/* The judge is judged: correct variants of a product must pass and planted bugs must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/base/judge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { M = 16, K = 1536, N = 48, ALL = M * N };

/* xorshift64*: draws that are nobody's reference. */
static uint64_t state_of_draws = 88172645463325252u;

static double drawn(void)
{
    state_of_draws ^= state_of_draws << 13;
    state_of_draws ^= state_of_draws >> 7;
    state_of_draws ^= state_of_draws << 17;
    return ((double)(state_of_draws >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(void)
{
    const double a = drawn(), b = drawn();
    return sqrt(-2.0 * log(a)) * cos(6.283185307179586 * b);
}

typedef struct {
    float a[M * K], b[N * K];
    double r[ALL], gauge[ALL], honest[ALL];
    double y[ALL];
} product;

/* A sum of products in float over blocks, the blocks added in order: block 1 is one term after
 * another, K + 1 too. */
static float blocked(const float *a, const float *b, int k, int block)
{
    float done = 0.0f, sum = 0.0f;
    for (int i = 0; i < k; i++) {
        sum += a[i] * b[i];
        if ((i + 1) % block == 0) {
            done += sum;
            sum = 0.0f;
        }
    }
    return done + sum;
}

static float backwards(const float *a, const float *b, int k)
{
    float s = 0.0f;
    for (int i = k - 1; i >= 0; i--)
        s += a[i] * b[i];
    return s;
}

static float fused(const float *a, const float *b, int k)
{
    float lane[8] = {0};
    for (int i = 0; i < k; i++)
        lane[i % 8] = (float)((double)a[i] * (double)b[i] + (double)lane[i % 8]);
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

static product *prepare(void)
{
    product *p = malloc(sizeof *p);
    assert_non_null(p);
    for (int i = 0; i < M * K; i++)
        p->a[i] = (float)normal();
    for (int i = 0; i < N * K; i++)
        p->b[i] = (float)normal() * 0.02f;
    for (int i = 0; i < ALL; i++) {
        const float *a = p->a + i / N * K, *b = p->b + i % N * K;
        p->r[i] = p->gauge[i] = 0.0;
        for (int k = 0; k < K; k++) {
            const double term = (double)a[k] * (double)b[k];
            p->r[i] += term;
            p->gauge[i] += fabs(term);
        }
        p->honest[i] = (double)blocked(a, b, K, 64);
        p->y[i] = (double)(float)p->r[i];
    }
    return p;
}

static ts_verdict by_gauge(const product *p)
{
    return ts_judge_rounded(p->y, p->r, p->gauge, ALL, K, TS_F32, TS_F32);
}

static ts_verdict by_path(const product *p)
{
    return ts_judge_path(p->y, p->r, ALL, ts_honest_error(p->honest, p->r, ALL), TS_F32);
}

/* What the classes may refuse is stated as the least ratio at which they do. */
static void refused(const product *p, double least)
{
    const ts_verdict v[2] = {by_gauge(p), by_path(p)};
    for (int i = 0; i < 2; i++) {
        assert_false(v[i].pass);
        assert_true(v[i].ratio > least);
        assert_true(strlen(v[i].reason) > 0);
        assert_true(v[i].where >= 0 && v[i].where < ALL);
    }
}

static void accepted(const product *p)
{
    const ts_verdict v[2] = {by_gauge(p), by_path(p)};
    for (int i = 0; i < 2; i++) {
        if (!v[i].pass)
            fail_msg("%s refuses with ratio %g", ts_class_name(v[i].law), v[i].ratio);
        assert_string_equal(v[i].reason, "");
        assert_true(v[i].cosine > 0.999999);
    }
}

static void correct_variants(void **state)
{
    (void)state;
    product *p = prepare();
    static const int blocks[] = {64, 8, 16, 256, 512};
    accepted(p); /* the truth, rounded once */
    for (int j = 0; j < 5; j++) {
        for (int i = 0; i < ALL; i++)
            p->y[i] = (double)blocked(p->a + i / N * K, p->b + i % N * K, K, blocks[j]);
        accepted(p);
    }
    for (int i = 0; i < ALL; i++)
        p->y[i] = (double)fused(p->a + i / N * K, p->b + i % N * K, K);
    accepted(p);
    /* One float sum over all terms is an operation's honest worst. */
    for (int i = 0; i < ALL; i++)
        p->y[i] = (double)blocked(p->a + i / N * K, p->b + i % N * K, K, K + 1);
    assert_true(by_gauge(p).pass);
    for (int i = 0; i < ALL; i++)
        p->y[i] = (double)backwards(p->a + i / N * K, p->b + i % N * K, K);
    assert_true(by_gauge(p).pass);
    free(p);
}

/* Inputs with their last `drop` bits rounded away: 13 is TF32, 16 is bfloat16. */
static void with_rounded_inputs(product *p, int drop)
{
    for (int i = 0; i < ALL; i++) {
        double sum = 0.0;
        for (int k = 0; k < K; k++) {
            float x[2] = {p->a[i / N * K + k], p->b[i % N * K + k]};
            for (int j = 0; j < 2; j++) {
                uint32_t u;
                memcpy(&u, &x[j], 4);
                u += (1u << (drop - 1)) - 1 + ((u >> drop) & 1);
                u &= ~((1u << drop) - 1);
                memcpy(&x[j], &u, 4);
            }
            sum += (double)x[0] * (double)x[1];
        }
        p->y[i] = (double)(float)sum;
    }
}

static void restore(product *p)
{
    for (int i = 0; i < ALL; i++)
        p->y[i] = (double)(float)p->r[i];
}

static void planted_bugs(void **state)
{
    (void)state;
    product *p = prepare();
    with_rounded_inputs(p, 13);
    refused(p, 20);
    with_rounded_inputs(p, 16);
    refused(p, 200);
    restore(p); /* the last term dropped */
    for (int i = 0; i < ALL; i++)
        p->y[i] -= (double)p->a[i / N * K + K - 1] * (double)p->b[i % N * K + K - 1];
    refused(p, 100);
    restore(p); /* one element wrong by 1 % */
    p->y[123] *= 1.01;
    refused(p, 10);
    assert_int_equal(by_gauge(p).where, 123);
    assert_int_equal(by_path(p).where, 123);
    restore(p); /* one element left zero */
    p->y[123] = 0.0;
    refused(p, 100);
    restore(p); /* the scale off by 1e-4 */
    for (int i = 0; i < ALL; i++)
        p->y[i] *= 1.0001;
    refused(p, 2);
    restore(p); /* a row duplicated */
    memcpy(p->y + 7 * N, p->y + 6 * N, N * sizeof(double));
    refused(p, 100);
    restore(p); /* an index off by one */
    memmove(p->y, p->y + 1, (ALL - 1) * sizeof(double));
    refused(p, 1000);
    restore(p); /* a bias */
    for (int i = 0; i < ALL; i++)
        p->y[i] += 1e-4;
    refused(p, 5);
    free(p);
}

static void not_numbers(void **state)
{
    (void)state;
    const double r[4] = {1.0, NAN, INFINITY, -INFINITY};
    double y[4];
    const double g[4] = {1.0, 1.0, 1.0, 1.0}, inf = (double)INFINITY;
    const ts_honest e = {1.0, 1.0};
    for (int bad = -1; bad < 4; bad++) {
        memcpy(y, r, sizeof y);
        if (bad >= 0)
            y[bad] = bad == 0 ? (double)NAN : bad == 1 ? 1.0 : bad == 2 ? -inf : 1e300;
        const ts_verdict v[] = {ts_judge_rounded(y, r, g, 4, 1, TS_F32, TS_F32),
                                ts_judge_path(y, r, 4, e, TS_F32), ts_judge_double(y, r, 4),
                                ts_judge_within(y, r, 4, inf, inf, TS_F32),
                                ts_judge_exact(y, TS_F64, r, TS_F64, 4)};
        for (int i = 0; i < 5; i++) {
            assert_int_equal(v[i].pass, bad < 0);
            if (bad >= 0) {
                assert_int_equal(v[i].where, bad);
                assert_true(isinf(v[i].ratio));
            }
        }
    }
}

static void exact(void **state)
{
    (void)state;
    const int64_t a[3] = {1, INT64_C(9007199254740992), -3};
    int64_t b[3] = {1, INT64_C(9007199254740992), -3};
    assert_true(ts_judge_exact(b, TS_I64, a, TS_I64, 3).pass);
    b[1] += 1; /* the same double */
    const ts_verdict v = ts_judge_exact(b, TS_I64, a, TS_I64, 3);
    assert_false(v.pass);
    assert_int_equal(v.where, 1);
    const float x[2] = {1.5f, -0.0f};
    const double same[2] = {1.5, 0.0};
    double off[2] = {1.5 + 0x1p-40, 0.0};
    assert_true(ts_judge_exact(x, TS_F32, same, TS_F64, 2).pass);
    assert_false(ts_judge_exact(x, TS_F32, off, TS_F64, 2).pass);
    const uint8_t bytes[2] = {0, 255}, others[2] = {0, 254};
    assert_false(ts_judge_exact(others, TS_U8, bytes, TS_U8, 2).pass);
    assert_true(ts_judge_exact(bytes, TS_U8, bytes, TS_U8, 2).pass);
    assert_true(ts_judge_exact(NULL, TS_U8, NULL, TS_U8, 0).pass);
    const float one[1] = {1.0f}, next[1] = {1.0f + 0x1p-23f};
    assert_true(ts_judge_exact(next, TS_F32, one, TS_F32, 1).ulp == 1.0);
}

/* E = 0 asks for equality; a lucky E does not refuse the truth rounded once. */
static void path_edges(void **state)
{
    (void)state;
    const double r[2] = {1.0, 0.5}, third[2] = {1.0 / 3.0, 2.0 / 3.0};
    double y[2] = {1.0, 0.5};
    assert_true(ts_judge_path(y, r, 2, (ts_honest){0, 0}, TS_F32).pass);
    y[1] += 0x1p-24;
    const ts_verdict v = ts_judge_path(y, r, 2, (ts_honest){0, 0}, TS_F32);
    assert_false(v.pass);
    assert_true(isinf(v.ratio));
    const double rounded[2] = {(double)(float)third[0], (double)(float)third[1]};
    assert_true(ts_judge_path(rounded, third, 2, (ts_honest){1e-30, 1e-30}, TS_F32).pass);
    const double bf16[2] = {0.333984375, 0.66796875};
    assert_false(ts_judge_path(bf16, third, 2, (ts_honest){1e-30, 1e-30}, TS_F32).pass);
    assert_true(ts_judge_path(bf16, third, 2, (ts_honest){1e-30, 1e-30}, TS_BF16).pass);
    /* The two bounds: 3 f for the norm, 8 f for one element among many; f is 1.1265 for a thousand. */
    enum { MANY = 1000 };
    double truth[MANY], mine[MANY];
    for (int i = 0; i < MANY; i++)
        truth[i] = mine[i] = sin((double)i);
    const ts_honest e = {sqrt((double)MANY) * 1e-4, 2e-4};
    for (int i = 0; i < MANY; i++)
        mine[i] = truth[i] + (i % 2 ? 3.35e-4 : -3.35e-4);
    assert_true(ts_judge_path(mine, truth, MANY, e, TS_F32).pass);
    for (int i = 0; i < MANY; i++)
        mine[i] = truth[i] + (i % 2 ? 3.4e-4 : -3.4e-4);
    assert_false(ts_judge_path(mine, truth, MANY, e, TS_F32).pass);
    memcpy(mine, truth, sizeof mine);
    mine[77] += 1.75e-3;
    assert_true(ts_judge_path(mine, truth, MANY, e, TS_F32).pass);
    mine[77] += 0.1e-3;
    const ts_verdict one = ts_judge_path(mine, truth, MANY, e, TS_F32);
    assert_false(one.pass);
    assert_int_equal(one.where, 77);
    assert_true(one.got == mine[77] && one.want == truth[77]);
    /* Of four elements, E says little: f is 3. */
    memcpy(mine, truth, sizeof mine);
    mine[0] += 8.5e-4;
    assert_true(ts_judge_path(mine, truth, 4, (ts_honest){1e-4, 1e-4}, TS_F32).pass);
    mine[0] += 1e-4;
    assert_false(ts_judge_path(mine, truth, 4, (ts_honest){1e-4, 1e-4}, TS_F32).pass);
}

static void doubles(void **state)
{
    (void)state;
    const double r[3] = {1000.0, 1.0, 0.0};
    double y[3] = {1000.0, 1.0 + 0.9e-6, 0.0};
    assert_true(ts_judge_double(y, r, 3).pass);
    y[1] = 1.0 + 1.1e-6;
    assert_false(ts_judge_double(y, r, 3).pass);
    const double zero[1] = {0.0};
    double tiny[1] = {0.9e-12};
    assert_true(ts_judge_double(tiny, zero, 1).pass);
    tiny[0] = 1.1e-12;
    assert_false(ts_judge_double(tiny, zero, 1).pass);
}

static void mistrusted(void **state)
{
    (void)state;
    double r[10], y[10];
    for (int i = 0; i < 10; i++) {
        r[i] = i == 0 ? 1.0 : 1e-12;
        y[i] = i == 0 ? 1.0 : 0.0;
    }
    ts_verdict v = ts_judge_path(y, r, 10, (ts_honest){1e-7, 1e-7}, TS_F32);
    assert_true(v.pass);
    ts_judge_trust(&v, y, r, 10);
    assert_false(v.pass);
    assert_true(v.mistrusted);
    memset(r, 0, sizeof r); /* zeros where the truth is zero are no reason */
    v = ts_judge_path(y, y, 10, (ts_honest){1e-7, 1e-7}, TS_F32);
    ts_judge_trust(&v, y, r, 10);
    assert_true(v.pass && !v.mistrusted);
}

static void within(void **state)
{
    (void)state;
    const double r[2] = {100.0, 1.0}, y[2] = {100.9, 1.0};
    assert_true(ts_judge_within(y, r, 2, 0.01, 0.0, TS_F32).pass);
    assert_false(ts_judge_within(y, r, 2, 0.008, 0.0, TS_F32).pass);
    assert_true(ts_judge_within(y, r, 2, 0.008, 0.2, TS_F32).pass);
    assert_true(fabs(ts_judge_within(y, r, 2, 0.01, 0.0, TS_F32).max_rel - 0.009) < 1e-12);
}

static void units(void **state)
{
    (void)state;
    static const struct {
        ts_dtype format;
        double ulp_of_one, roundoff;
    } of[] = {{TS_F64, 0x1p-52, 0x1p-53}, {TS_F32, 0x1p-23, 0x1p-24}, {TS_BF16, 0x1p-7, 0x1p-8},
              {TS_F16, 0x1p-10, 0x1p-11}, {TS_F8_E4M3, 0x1p-3, 0x1p-4}};
    for (int i = 0; i < 5; i++) {
        const double r[2] = {1.0, 0.0}, y[2] = {1.0 + 3.0 * of[i].ulp_of_one, 0.0};
        assert_true(ts_judge_within(y, r, 2, 1.0, 0.0, of[i].format).ulp == 3.0);
        assert_true(ts_unit_roundoff(of[i].format) == of[i].roundoff);
    }
    const double zero[1] = {0.0}, smallest[1] = {0x1p-149};
    assert_true(ts_judge_within(smallest, zero, 1, 0.0, 1.0, TS_F32).ulp == 1.0);
}

static void names(void **state)
{
    (void)state;
    for (int i = 0; i < TS_CLASS_COUNT; i++) {
        ts_class c = TS_CLASS_COUNT;
        assert_true(ts_class_from_name(ts_class_name((ts_class)i), &c));
        assert_int_equal(c, i);
    }
    ts_class c;
    assert_false(ts_class_from_name("approximate", &c));
}

enum { DRAWS = 40000 };

static void statistical(void **state)
{
    (void)state;
    double *x = malloc(2 * DRAWS * sizeof *x), *sorted = x + DRAWS;
    assert_non_null(x);
    const double alarm = 1e-6;
    for (int i = 0; i < DRAWS; i++)
        x[i] = normal();
    assert_true(ts_judge_drawn(x, sorted, DRAWS, ts_normal_cdf, alarm).pass);
    assert_true(sorted[0] <= sorted[1] && sorted[DRAWS - 2] <= sorted[DRAWS - 1]);
    assert_false(ts_judge_drawn(x, sorted, DRAWS, ts_uniform_cdf, alarm).pass);
    for (int i = 0; i < DRAWS; i++)
        x[i] += 0.06; /* the mean off */
    assert_false(ts_judge_drawn(x, sorted, DRAWS, ts_normal_cdf, alarm).pass);
    for (int i = 0; i < DRAWS; i++)
        x[i] = (x[i] - 0.06) * 1.1; /* the variance off */
    assert_false(ts_judge_drawn(x, sorted, DRAWS, ts_normal_cdf, alarm).pass);
    for (int i = 0; i < DRAWS; i++)
        x[i] = i % 2 ? x[i - 1] : normal(); /* every draw used twice */
    assert_false(ts_judge_drawn(x, sorted, DRAWS, ts_normal_cdf, alarm).pass);
    for (int i = 0; i < DRAWS; i++)
        x[i] = ((double)i + 0.5) / DRAWS; /* the distribution, in order */
    assert_false(ts_judge_drawn(x, sorted, DRAWS, ts_uniform_cdf, alarm).pass);
    for (int i = 0; i < DRAWS; i++)
        x[i] = drawn();
    assert_true(ts_judge_drawn(x, sorted, DRAWS, ts_uniform_cdf, alarm).pass);
    x[5] = NAN;
    assert_false(ts_judge_drawn(x, sorted, DRAWS, ts_uniform_cdf, alarm).pass);
    assert_true(ts_judge_drawn(x, sorted, 0, ts_uniform_cdf, alarm).pass);
    free(x);
}

/* The false-alarm probability holds: at 0.2, of 500 right streams no more than 200 are refused by
 * far; and it is not vacuous: a stated 0.99 refuses some. */
static void false_alarms(void **state)
{
    (void)state;
    double x[200], sorted[200];
    int refusals = 0, loose = 0;
    for (int t = 0; t < 500; t++) {
        for (int i = 0; i < 200; i++)
            x[i] = drawn();
        refusals += !ts_judge_drawn(x, sorted, 200, ts_uniform_cdf, 0.2).pass;
        loose += !ts_judge_drawn(x, sorted, 200, ts_uniform_cdf, 0.99).pass;
    }
    assert_true(refusals <= 100);
    assert_true(loose > 50);
}

static void pictures(void **state)
{
    (void)state;
    enum { H = 20, W = 24 };
    double a[H * W], b[H * W];
    for (int i = 0; i < H * W; i++) {
        a[i] = b[i] = 128.0 + 60.0 * sin(0.3 * i) + 40.0 * cos(0.05 * i * i);
    }
    assert_true(isinf(ts_psnr(a, b, H * W, 255.0)));
    assert_true(fabs(ts_ssim(a, b, H, W, 255.0) - 1.0) < 1e-12);
    for (int i = 0; i < H * W; i++)
        b[i] = a[i] + (i % 2 ? 2.55 : -2.55);
    assert_true(fabs(ts_psnr(b, a, H * W, 255.0) - 40.0) < 1e-9);
    const double similar = ts_ssim(b, a, H, W, 255.0);
    assert_true(similar < 1.0 && similar > 0.98);
    for (int i = 0; i < H * W; i++)
        b[i] = 255.0 - a[i];
    assert_true(ts_ssim(b, a, H, W, 255.0) < 0.0);
    const double flat[1] = {10.0}, other[1] = {20.0}; /* means alone: (2 a b + c) / (a^2 + b^2 + c) */
    const double c1 = 2.55 * 2.55, want = (2 * 200.0 + c1) / (500.0 + c1);
    assert_true(fabs(ts_ssim(flat, other, 1, 1, 255.0) - want) < 1e-12);
}

static void bytes_of_pictures(void **state)
{
    (void)state;
    /* Two planes of 1 x 2; 0.0 is 127.5, at the edge; 0.5 is 191.25, far from one. */
    const double r[4] = {0.0, 0.5, -2.0, 1.0};
    uint8_t y[4] = {128, 0, 191, 255};
    assert_true(ts_judge_picture(y, r, 2, 1, 2, 0.0).pass);
    y[0] = 127;
    assert_false(ts_judge_picture(y, r, 2, 1, 2, 0.0).pass);
    assert_true(ts_judge_picture(y, r, 2, 1, 2, 1e-6).pass);
    y[2] = 190;
    const ts_verdict v = ts_judge_picture(y, r, 2, 1, 2, 1e-6);
    assert_false(v.pass);
    assert_int_equal(v.where, 2);
    assert_true(v.got == 190.0 && v.want == 191.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(correct_variants), cmocka_unit_test(planted_bugs),
        cmocka_unit_test(not_numbers),      cmocka_unit_test(exact),
        cmocka_unit_test(path_edges),       cmocka_unit_test(doubles),
        cmocka_unit_test(mistrusted),       cmocka_unit_test(within),
        cmocka_unit_test(units),            cmocka_unit_test(names),
        cmocka_unit_test(statistical),      cmocka_unit_test(false_alarms),
        cmocka_unit_test(pictures),         cmocka_unit_test(bytes_of_pictures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
