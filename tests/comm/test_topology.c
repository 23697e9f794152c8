#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/ranks.h"

#include <math.h>

static void hosts(void **state)
{
    (void)state;
    ts_topology t = ranks_topology(7, 3); /* 3, 2, 2 */
    static const int host[] = {0, 0, 0, 1, 1, 2, 2}, local[] = {0, 1, 2, 0, 1, 0, 1};
    static const int count[] = {3, 3, 3, 2, 2, 2, 2};
    for (int r = 0; r < 7; r++) {
        int all;
        assert_int_equal(ts_topology_host(&t, r), host[r]);
        assert_int_equal(ts_topology_local(&t, r, &all), local[r]);
        assert_int_equal(all, count[r]);
    }
    assert_int_equal(ts_topology_class(&t, 0, 2), TS_INTRA);
    assert_int_equal(ts_topology_class(&t, 2, 3), TS_INTER);
    assert_false(ts_topology_even(&t));
    t = ranks_topology(6, 3);
    assert_true(ts_topology_even(&t));
    const int own[] = {0, 1, 0, 1, 2, 2}; /* each host two, but not neighbours */
    t.host = own;
    assert_false(ts_topology_even(&t));
    assert_int_equal(ts_topology_local(&t, 3, NULL), 1);
}

static void usual(void **state)
{
    (void)state;
    const ts_topology t = ts_topology_of(128, 16);
    assert_int_equal(ts_topology_host(&t, 127), 15);
    assert_true(t.link[TS_INTER].alpha == 25e-6 && t.link[TS_INTER].beta == 1 / 3.125e9);
}

static void refused(ts_topology t, const char *said)
{
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_topology_check(&ctx, &t), TS_ERROR_USAGE);
    assert_string_equal(ctx.message, said);
    ts_ctx_close(&ctx);
}

static void refuses(void **state)
{
    (void)state;
    static const int gap[] = {0, 0, 2}, outside[] = {0, 1, 3};
    refused(ranks_topology(0, 0), "0 ranks: expected 1 to 256");
    refused(ranks_topology(257, 1), "257 ranks: expected 1 to 256");
    refused(ranks_topology(2, 3), "2 ranks on 3 hosts: each host needs a rank");
    ts_topology t = ranks_topology(3, 3);
    t.host = gap;
    refused(t, "no rank stands on host 1");
    t.host = outside;
    refused(t, "rank 2 stands on host 3 of 3");
    t = ranks_topology(2, 1);
    t.link[TS_INTER].beta = NAN;
    refused(t, "a link of 16 s and nan s a byte: expected numbers from 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts),
        cmocka_unit_test(usual),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
