#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/base/mathf.h"

#include <stdio.h>

static double pow_0(double x)
{
    return ts_pow(x, 0.0);
}

/* `hash` is that of many results (below); `ulp` the bound of the table, a little over the largest
 * error that mathf.h states. */
static const struct {
    const char *name;
    double (*f)(double);
    double ulp, low, high;
    uint64_t hash;
} functions[] = {
    {"exp", ts_exp, 0.75, -760, 720, 0x6a225bcbda7e4b68},
    {"expm1", ts_expm1, 0.80, -45, 60, 0x7419afb35f085587},
    {"log", ts_log, 0.66, 1e-3, 40, 0x0b0e6d86c4bad8c2},
    {"log1p", ts_log1p, 0.70, -0.999, 40, 0x52293d62feda6178},
    {"sin", ts_sin, 0.80, -1.5e6, 1.2e6, 0xde834965f530a529},
    {"cos", ts_cos, 0.80, -1.5e6, 1.2e6, 0xb2db5efd079f8925},
    {"tanh", ts_tanh, 0.72, -23, 9, 0x227152d72f0fe7fb},
    {"erf", ts_erf, 0.80, -6.5, 3, 0xd85f2480b4c77b83},
    {"erfc", ts_erfc, 1.00, -6.5, 28.5, 0xaa7a79357046f17c},
    {"pow", pow_0, 0.80, 1e-3, 30, 0x5ab4b51a90deb251},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

/* The float nearest to value + rest units in its last place. */
static float nearest_float(double value, double rest)
{
    const float f = (float)value;
    if (rest == 0.0 || isinf(f))
        return f;
    const float other = nextafterf(f, (double)f < value ? INFINITY : -INFINITY);
    if (((double)f + (double)other) / 2.0 != value)
        return f;
    return (rest > 0.0) == (other > f) ? other : f;
}

/* How far y is from value + rest, in units in the last place of value. */
static double error(double y, double value, double rest)
{
    int exponent;
    frexp(value, &exponent);
    const double unit = ldexp(1.0, (exponent < -1021 ? -1021 : exponent) - 53);
    return fabs((y - value) / unit - rest);
}

static void table(void **state)
{
    (void)state;
    char name[16];
    int count, sections = 0;
    FILE *file = fopen("data/goldens/base/mathf.txt", "r");
    assert_non_null(file);
    for (; fscanf(file, "%15s %d", name, &count) == 2; sections++) {
        const int is_pow = sections == FUNCTIONS - 1;
        double worst = 0.0;
        assert_true(sections < FUNCTIONS);
        assert_string_equal(name, functions[sections].name);
        assert_true(count > 600);
        for (int i = 0; i < count; i++) {
            unsigned long long x, y = 0, value;
            int rest;
            assert_int_equal(fscanf(file, "%llx", &x), 1);
            assert_true(!is_pow || fscanf(file, "%llx", &y) == 1);
            assert_int_equal(fscanf(file, "%llx %d", &value, &rest), 2);
            const double at = mathf_double(x), truth = mathf_double(value), part = 1e-3 * rest;
            const double mine = is_pow ? ts_pow(at, mathf_double(y)) : functions[sections].f(at);
            const double off = mine == truth ? fabs(part) : error(mine, truth, part);
            worst = off > worst ? off : worst;
            if (!(off <= functions[sections].ulp))
                fail_msg("%s(%a): %a, truth %a: %.3f ulp", name, at, mine, truth, off);
            if ((float)mine != nearest_float(truth, part))
                fail_msg("%s(%a): float %a is not the nearest", name, at, (double)(float)mine);
        }
        print_message("%-5s %5d points, worst error %.3f ulp\n", name, count, worst);
    }
    fclose(file);
    assert_int_equal(sections, FUNCTIONS);
}

/* Another compiler's, level's or machine's bits: 100,000 results a function, hashed. */
static void same_bits_everywhere(void **state)
{
    (void)state;
    enum { POINTS = 100000 };
    int wrong = 0;
    for (int k = 0; k < FUNCTIONS; k++) {
        const double step = (functions[k].high - functions[k].low) / POINTS;
        uint64_t hash = 0xcbf29ce484222325u;
        for (int i = 0; i < POINTS; i++) {
            double x = functions[k].low + step * (double)i;
            x = i % 2 ? x : x * 0x1p-9; /* small ones too */
            const double y = k == FUNCTIONS - 1 ? ts_pow(mathf_abs(x), 40.0 - 0.0009 * i)
                                                : functions[k].f(x);
            /* A NaN's bits are not ours to choose. */
            hash = (hash ^ (y == y ? mathf_bits(y) : 1)) * 0x100000001b3u;
        }
        if (hash != functions[k].hash) {
            print_message("%s: hash 0x%016llx\n", functions[k].name, (unsigned long long)hash);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

/* The exponential for floats: near ts_exp wherever a float is not 0 or infinite, the same float but for
 * one argument in millions, and whatever it makes of the far ones rounds to the right float. */
static void near_exponential(void **state)
{
    (void)state;
    enum { POINTS = 400000 };
    int other = 0;
    for (int i = 0; i <= POINTS; i++) {
        const double x = -740.0 + 1460.0 / POINTS * i, y = ts_exp_near(x), truth = ts_exp(x);
        other += (float)y != (float)truth;
        if (x > -708.0 && x < 709.0)
            assert_true(error(y, truth, 0.0) < 8.5);
        const double small = x * 0x1p-9;
        assert_true(error(ts_exp_near(small), ts_exp(small), 0.0) < 8.5);
    }
    assert_true(other <= 1);
    const double inf = (double)INFINITY;
    assert_true(ts_exp_near(inf) == inf && ts_exp_near(1e300) == inf);
    assert_true(ts_exp_near(-inf) == 0.0 && ts_exp_near(-1e300) == 0.0);
    assert_true(!signbit(ts_exp_near(-inf)) && ts_exp_near(0.0) == 1.0);
    assert_true(isnan(ts_exp_near((double)NAN)));
}

static void is(double y, double expected)
{
    if (isnan(expected) ? !isnan(y) : mathf_bits(y) != mathf_bits(expected))
        fail_msg("%a is not %a", y, expected);
}

static void special_values(void **state)
{
    (void)state;
    const double inf = (double)INFINITY, nan = (double)NAN;
    const struct {
        double (*f)(double);
        double at[6]; /* of 0, -0, inf, -inf, NaN, -2 */
    } expected[] = {
        {ts_exp, {1, 1, inf, 0, nan, 0x1.152aaa3bf81ccp-3}},
        {ts_expm1, {0, -0.0, inf, -1, nan, -0x1.bab5557101f8dp-1}},
        {ts_log, {-inf, -inf, inf, nan, nan, nan}},
        {ts_log1p, {0, -0.0, inf, nan, nan, nan}},
        {ts_sin, {0, -0.0, nan, nan, nan, -0x1.d18f6ead1b446p-1}},
        {ts_cos, {1, 1, nan, nan, nan, -0x1.aa22657537205p-2}},
        {ts_tanh, {0, -0.0, 1, -1, nan, -0x1.ed9505e1bc3d4p-1}},
        {ts_erf, {0, -0.0, 1, -1, nan, -0x1.fd9ae142795e3p-1}},
        {ts_erfc, {1, 1, 0, 2, nan, 0x1.fecd70a13caf2p+0}},
    };
    const double x[6] = {0.0, -0.0, inf, -inf, nan, -2.0};
    for (size_t k = 0; k < sizeof expected / sizeof *expected; k++)
        for (int i = 0; i < 6; i++)
            is(expected[k].f(x[i]), expected[k].at[i]);
    is(ts_log(1.0), 0.0);
    is(ts_log1p(-1.0), -inf);
    is(ts_exp(1e300), inf);
    is(ts_exp(-1e300), 0.0);
    is(ts_expm1(1e300), inf);
    is(ts_expm1(-1e300), -1.0);
    is(ts_erfc(1e300), 0.0);
    is(ts_erfc(-1e300), 2.0);
    is(ts_exp(-745.0), 0x1p-1074);
}

/* C11, F.10.4.4 */
static void powers(void **state)
{
    (void)state;
    const double inf = (double)INFINITY, nan = (double)NAN, big = 1e300;
    const double expected[][3] = {
        {0.0, -3.0, inf},  {-0.0, -3.0, -inf}, {0.0, -2.0, inf},  {-0.0, -2.5, inf},
        {0.0, -inf, inf},  {-0.0, -inf, inf},  {-0.0, 3.0, -0.0}, {-0.0, 2.0, 0.0},
        {-1.0, inf, 1.0},  {-1.0, -inf, 1.0},  {1.0, nan, 1.0},   {nan, 0.0, 1.0},
        {nan, -0.0, 1.0},  {-8.0, 1.5, nan},   {0.5, -inf, inf},  {2.0, -inf, 0.0},
        {0.5, inf, 0.0},   {-2.0, inf, inf},   {-inf, -3.0, -0.0}, {-inf, -2.0, 0.0},
        {-inf, 3.0, -inf}, {-inf, 2.0, inf},   {inf, -1.0, 0.0},  {inf, 0.5, inf},
        {nan, 1.0, nan},   {2.0, nan, nan},    {-2.0, 3.0, -8.0}, {-2.0, 4.0, 16.0},
        {2.0, 10.0, 1024}, {big, big, inf},    {big, -big, 0.0},  {-2.0, 2001.0, -inf},
        {-1.0, big, 1.0},  {-1.0, 7.0, -1.0},  {-2.0, -1074.0, 0x1p-1074}, {2.0, 5e-324, 1.0},
        {5.0, 1.0, 5.0},   {0.1, 1.0, 0.1},    {-2.0, -1081.0, -0.0}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        is(ts_pow(expected[i][0], expected[i][1]), expected[i][2]);
}

/* The branch-free forms are those that ts_sin and ts_cos use, up to 2^20; just beyond it the other
 * way must agree with them. */
static void two_reductions(void **state)
{
    (void)state;
    for (int i = 1; i < 2000; i++) {
        const double x = 523.9 * i * (i % 2 ? 1.0 : -1.0);
        is(ts_sin(x), mathf_sin_near(x));
        is(ts_cos(x), mathf_cos_near(x));
        const mathf_angle near = mathf_angle_near(x), far = mathf_angle_far(x);
        assert_int_equal(near.quadrant & 3, far.quadrant & 3);
        assert_true(fabs((near.r.hi - far.r.hi) + (near.r.lo - far.r.lo)) <= 0x1p-100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),  cmocka_unit_test(same_bits_everywhere),
        cmocka_unit_test(near_exponential),
        cmocka_unit_test(special_values), cmocka_unit_test(powers),
        cmocka_unit_test(two_reductions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
