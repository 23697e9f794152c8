#include "tests/support/files.h"

#include "ref/train/corpus.h"

#include <string.h>

static void tokens(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_corpus t;
    int64_t ids[4], next[4];
    ts_ctx_open_plain(&ctx);
    files_write_text(files_path("t"), "banana bread");
    assert_int_equal(ts_corpus_read(&ctx, &t, files_path("t")), TS_OK);
    assert_int_equal(t.count, 12);
    assert_int_equal(t.vocabulary, 7);
    assert_memory_equal(t.byte, " abdenr", 7);
    static const int32_t wanted[] = {2, 1, 5, 1, 5, 1, 0, 2, 6, 4, 1, 3};
    assert_memory_equal(t.ids, wanted, sizeof wanted);
    int seen[12] = {0};
    for (int64_t row = 0; row < 200; row++) {
        ts_corpus_draw(&t, 2, 10, 4, 1, 5, row, ids, next);
        int64_t at = -1;
        for (int64_t i = 2; i + 4 < 12 && at < 0; i++) {
            at = i;
            for (int k = 0; k < 4; k++)
                if (ids[k] != wanted[i + k] || next[k] != wanted[i + k + 1])
                    at = -1;
        }
        assert_true(at >= 0);
        seen[at] = 1;
    }
    assert_true(seen[2] && seen[7] && !seen[8]); /* the last place that has a token behind it */
    ts_corpus_free(&t);
    ts_ctx_close(&ctx);
}

static void refuses(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_corpus t;
    ts_ctx_open_plain(&ctx);
    files_write_text(files_path("short"), "a");
    assert_int_equal(ts_corpus_read(&ctx, &t, files_path("short")), TS_ERROR_FORMAT);
    files_failed(&ctx, TS_ERROR_FORMAT, "a text of 1 bytes");
    ts_corpus_free(&t);
    assert_int_equal(ts_corpus_read(&ctx, &t, files_path("none")), TS_ERROR_IO);
    ts_corpus_free(&t);
    ts_ctx_close(&ctx);
}

static void bundled(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_corpus t;
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_corpus_read(&ctx, &t, "data/train/text/genesis.txt"), TS_OK);
    assert_true(t.count > 200000 && t.vocabulary < 80);
    ts_corpus_free(&t);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens),
        cmocka_unit_test(refuses),
        cmocka_unit_test(bundled),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
