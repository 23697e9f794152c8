#include "tests/support/files.h"
#include "tests/support/rows.h"

#include "ref/text/t5_fast.h"

#include <stdio.h>
#include <string.h>

#define MARK "\xE2\x96\x81"

/* Pieces: 0 <unk>, 1 mark, 2 a, 3 mark a, 4 b, 5 "a mark b". */
static void encodes(const char *normalizer, const char *cutting, const char *text,
                    const int64_t *wanted, int64_t count)
{
    char file[2048];
    ts_ctx ctx;
    ts_t5_fast f;
    ts_ids ids = {0};
    snprintf(file, sizeof file,
             "{\"model\":{\"unk_id\":0,\"vocab\":[[\"<unk>\",0],[\"" MARK "\",-2],[\"a\",-2],"
             "[\"" MARK "a\",-3],[\"b\",-2],[\"a" MARK "b\",-1]]},\"normalizer\":%s,"
             "\"pre_tokenizer\":%s,\"added_tokens\":[{\"id\":9,\"content\":\"<x>\"}]}",
             normalizer, cutting);
    files_write_text(files_path("tokenizer.json"), file);
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_t5_fast_open(&ctx, &f, files_path("tokenizer.json")), TS_OK);
    assert_int_equal(ts_t5_fast_encode(&ctx, &f, &ids, text, (int64_t)strlen(text)), TS_OK);
    ids_equal(&ids, wanted, count);
    ts_ids_free(&ids);
    ts_t5_fast_close(&f);
    ts_ctx_close(&ctx);
}

#define META(more) "{\"type\":\"Metaspace\",\"replacement\":\"" MARK "\"" more "}"
#define BLANKS(to) "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\" {2,}\"},\"content\":\"" to "\"}"

static void blanks(void **state)
{
    (void)state;
    encodes("null", META(""), "a b", (const int64_t[]){3, 1, 4}, 3); /* cut before each mark */
    encodes("null", META(",\"split\":false"), "a b", (const int64_t[]){1, 5}, 2);
    encodes("null", META(",\"prepend_scheme\":\"never\""), "a b", (const int64_t[]){2, 1, 4}, 3);
    encodes("null", META(",\"prepend_scheme\":\"first\""), "a<x>a", (const int64_t[]){3, 9, 2}, 3);
    encodes("null", META(""), "a<x>a", (const int64_t[]){3, 9, 3}, 3);
    encodes("null", META(""), " a", (const int64_t[]){3}, 1);
    encodes("null", META(""), "", (const int64_t[]){0}, 0);
    encodes("null",
            "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"WhitespaceSplit\"}," META(
                "") "]}", " a \n b", (const int64_t[]){3, 1, 4}, 3);
}

static void steps(void **state)
{
    (void)state;
    encodes(BLANKS(" "), META(""), "a   b", (const int64_t[]){3, 1, 4}, 3);
    encodes("null", META(""), "a  b", (const int64_t[]){3, 1, 1, 4}, 4);
    encodes("{\"type\":\"Strip\",\"strip_left\":false,\"strip_right\":true}", META(""),
            " a\xE3\x80\x80 ", (const int64_t[]){3}, 1);
    encodes("{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":true}",
            META(",\"prepend_scheme\":\"never\""), " a ", (const int64_t[]){2}, 1);
    encodes("{\"type\":\"Replace\",\"pattern\":{\"String\":\"zz\"},\"content\":\"a\"}", META(""),
            "zzz", (const int64_t[]){3, 0}, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(blanks), cmocka_unit_test(steps)};
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
