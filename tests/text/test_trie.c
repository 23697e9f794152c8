#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/text/trie.h"

#include <string.h>

static void pairs(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_pairs p = {0};
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_pairs_get(&p, 5), -1);
    for (uint64_t i = 0; i < 5000; i++)
        assert_int_equal(ts_pairs_put(&ctx, &p, i * i << 20, (int64_t)i), TS_OK);
    for (uint64_t i = 0; i < 5000; i++)
        assert_int_equal(ts_pairs_get(&p, i * i << 20), i);
    assert_int_equal(ts_pairs_get(&p, 3), -1);
    assert_int_equal(ts_pairs_put(&ctx, &p, 0, 77), TS_OK);
    assert_int_equal(ts_pairs_get(&p, 0), 77);
    assert_int_equal(p.count, 5000);
    ts_pairs_free(&p);
    ts_ctx_close(&ctx);
}

static void strings(void **state)
{
    (void)state;
    static const char *const words[] = {"a", "ab", "abcd", "b", "\xE2\x96\x81", ""};
    ts_ctx ctx;
    ts_trie t = {0};
    int64_t value = -1;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_trie_find(&t, "a", 1), -1);
    assert_int_equal(ts_trie_longest(&t, "a", 1, &value), 0);
    for (int i = 0; i < 6; i++)
        assert_int_equal(
            ts_trie_put(&ctx, &t, words[i], (int64_t)strlen(words[i]), i), TS_OK);
    for (int i = 0; i < 6; i++)
        assert_int_equal(ts_trie_find(&t, words[i], (int64_t)strlen(words[i])), i);
    assert_int_equal(ts_trie_find(&t, "abc", 3), -1);
    assert_int_equal(ts_trie_find(&t, "abx", 3), -1);
    assert_int_equal(ts_trie_longest(&t, "abcx", 4, &value), 2);
    assert_int_equal(value, 1);
    assert_int_equal(ts_trie_longest(&t, "abcd", 3, &value), 2);
    assert_int_equal(ts_trie_longest(&t, "x", 1, &value), 0);
    assert_int_equal(ts_trie_put(&ctx, &t, "ab", 2, 9), TS_OK);
    assert_int_equal(ts_trie_find(&t, "ab", 2), 9);
    ts_trie_free(&t);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs),
        cmocka_unit_test(strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
