#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/base/par.h"

#include <stdbool.h>
#include <string.h>

typedef struct {
    unsigned char seen[1000];
    int64_t grain, n;
    bool wrong;
} record;

static void body(void *arg, int64_t first, int64_t last)
{
    record *r = arg;
    if (first % r->grain || last - first > r->grain || (last < r->n && last - first != r->grain) ||
        ts_par_self() < 0 || ts_par_self() >= ts_par_count())
        r->wrong = true;
    for (int64_t i = first; i < last; i++)
        r->seen[i]++;
}

/* Every item once, in pieces that do not depend on the threads. */
static void pieces(void **state)
{
    (void)state;
    static const int64_t sizes[] = {0, 1, 6, 7, 8, 1000}, grains[] = {1, 7, 1000, 5000};
    static const int threads[] = {1, 2, 5, 0};
    for (int s = 0; s < 6; s++)
        for (int g = 0; g < 4; g++)
            for (int t = 0; t < 4; t++) {
                record r = {.grain = grains[g], .n = sizes[s]};
                ts_par_threads(threads[t]);
                assert_true(ts_par_count() >= 1);
                ts_par_for(sizes[s], grains[g], body, &r);
                assert_false(r.wrong);
                for (int64_t i = 0; i < 1000; i++)
                    assert_int_equal(r.seen[i], i < sizes[s]);
            }
    ts_par_threads(0);
}

static void nothing(void **state)
{
    (void)state;
    record r = {.grain = 1};
    ts_par_for(10, 0, body, &r);
    ts_par_for(-3, 1, body, &r);
    assert_int_equal(r.seen[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces),
        cmocka_unit_test(nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
