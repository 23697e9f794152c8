/* Counts, chances, and how often they come true. */
#include "tests/support/files.h"

#include "ref/des/table_filter.h"

#include <math.h>

static bool admit(const ts_id_filter *f, ts_id_waiting *w, uint64_t id, uint32_t n, uint32_t now)
{
    bool failed = false;
    const bool yes = ts_id_admit(f, w, 0, id, n, n, now, &failed);
    assert_false(failed);
    return yes;
}

static void counted(void **state)
{
    (void)state;
    const ts_id_filter f = {.how = TS_ADMIT_COUNT, .threshold = 3};
    ts_id_waiting w = {{.seed = 1}};
    assert_false(admit(&f, &w, 0, 1, 1));
    assert_false(admit(&f, &w, 0, 1, 2));
    assert_false(admit(&f, &w, ~UINT64_C(0), 2, 2));
    assert_int_equal(w.count.count, 2);
    assert_true(admit(&f, &w, 0, 1, 3));
    assert_int_equal(w.count.count, 1); /* who is in does not wait */
    assert_false(admit(&f, &w, 0, 1, 4)); /* and begins again when it was removed */
    assert_true(admit(&f, &w, 5, 3, 4)); /* at once */
    assert_true(admit(&f, &w, 6, UINT32_MAX, 4));
    assert_false(admit(&f, &w, 7, 0, 4)); /* counts for nothing, and waits nowhere */
    assert_int_equal(w.count.count, 2);
    const ts_id_filter most = {.how = TS_ADMIT_COUNT, .threshold = UINT32_MAX};
    assert_false(admit(&most, &w, 9, UINT32_MAX - 1, 5));
    assert_true(admit(&most, &w, 9, UINT32_MAX - 1, 6)); /* the sum does not wrap */
    const ts_id_filter all = {.how = TS_ADMIT_ALL};
    assert_true(admit(&all, &w, 8, 1, 1));
    bool failed = false;
    ts_id_map_free(&w.count);
    ts_plant_fault(1);
    assert_false(ts_id_admit(&f, &w, 0, 1, 1, 1, 1, &failed));
    ts_plant_fault(0);
    assert_true(failed);
    ts_id_map_free(&w.count);
}

static void probabilities(void **state)
{
    (void)state;
    static const double p[3] = {0.776393, 0.450720, 0.258866};
    static const uint32_t c[3] = {2, 5, 10};
    for (int i = 0; i < 3; i++) {
        const ts_id_filter f = {.how = TS_ADMIT_EQUAL, .threshold = c[i]};
        assert_true(fabs(ts_id_filter_probability(&f, 1) - p[i]) < 5e-7);
        assert_true(fabs(ts_id_filter_probability(&f, c[i]) - 0.95) < 1e-15);
        assert_true(fabs(ts_id_filter_probability(&f, 3) - (1 - pow(1 - p[i], 3))) < 3e-6);
    }
    const ts_id_filter ratio = {.how = TS_ADMIT_RATIO, .threshold = 4};
    assert_true(ts_id_filter_probability(&ratio, 3) == 0.75);
    assert_true(ts_id_filter_probability(&ratio, 9) == 1.0);
    const ts_id_filter count = {.how = TS_ADMIT_COUNT, .threshold = 4};
    assert_true(ts_id_filter_probability(&count, 1) == 1.0);
}

/* Of many ids the part that the rule says; the same ids again and again. */
static void frequencies(void **state)
{
    (void)state;
    enum { IDS = 20000 };
    const ts_id_filter f[3] = {{.how = TS_ADMIT_CHANCE, .probability = 0.3, .seed = 3},
                               {.how = TS_ADMIT_RATIO, .threshold = 4, .seed = 3},
                               {.how = TS_ADMIT_EQUAL, .threshold = 5, .seed = 3}};
    ts_id_waiting w = {{0}};
    for (int i = 0; i < 3; i++) {
        const double p = ts_id_filter_probability(&f[i], 2);
        int yes = 0, other = 0;
        for (uint64_t id = 0; id < IDS; id++) {
            const bool now = admit(&f[i], &w, id, 2, 7);
            assert_int_equal(admit(&f[i], &w, id, 2, 7), now);
            yes += now;
            other += admit(&f[i], &w, id, 2, 8) != now;
        }
        assert_true(fabs(yes - p * IDS) < 4 * sqrt(p * (1 - p) * IDS));
        assert_true(fabs(other - 2 * p * (1 - p) * IDS) < 4 * sqrt(0.25 * IDS));
    }
    assert_int_equal(w.count.count, 0); /* chances keep nothing */
    const ts_id_filter never = {.how = TS_ADMIT_CHANCE, .probability = 0};
    const ts_id_filter always = {.how = TS_ADMIT_CHANCE, .probability = 1};
    for (uint64_t id = 0; id < 1000; id++) {
        assert_false(admit(&never, &w, id, 1, 1));
        assert_true(admit(&always, &w, id, 1, 1));
    }
}

static void refused(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_id_filter f = {.how = TS_ADMIT_CHANCE, .probability = NAN};
    ts_id_filter_check(&ctx, &f);
    files_failed(&ctx, TS_ERROR_USAGE, "probability is nan, expected 0 to 1");
    f = (ts_id_filter){.how = TS_ADMIT_EQUAL};
    ts_id_filter_check(&ctx, &f);
    files_failed(&ctx, TS_ERROR_USAGE, "threshold is 0, expected at least 1");
    f.how = (ts_id_admission)9;
    ts_id_filter_check(&ctx, &f);
    files_failed(&ctx, TS_ERROR_USAGE, "no rule 9");
    f = (ts_id_filter){.how = TS_ADMIT_ALL};
    assert_int_equal(ts_id_filter_check(&ctx, &f), TS_OK);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(counted), cmocka_unit_test(probabilities),
                                       cmocka_unit_test(frequencies), cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
