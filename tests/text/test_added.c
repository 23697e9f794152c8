#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/text/added.h"

#include <stdio.h>
#include <string.h>

/* Plain parts and ids: "text[7]text". */
static void splits(const ts_added *a, const char *text, const char *wanted)
{
    char got[128] = "";
    const int64_t bytes = (int64_t)strlen(text);
    for (int64_t from = 0, stop; from < bytes;) {
        const int64_t first = from, id = ts_added_next(a, text, bytes, &from, &stop);
        strncat(got, text + first, (size_t)(stop - first));
        if (id >= 0)
            snprintf(got + strlen(got), sizeof got - strlen(got), "[%d]", (int)id);
    }
    assert_string_equal(got, wanted);
}

static void whole_tokens(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_added a = {0};
    ts_ctx_open_plain(&ctx);
    ts_added_put(&ctx, &a, "<a>", (ts_added_token){.id = 1});
    ts_added_put(&ctx, &a, "<a>b", (ts_added_token){.id = 2});
    ts_added_put(&ctx, &a, "<s>", (ts_added_token){3, true, true, false});
    ts_added_put(&ctx, &a, "cat", (ts_added_token){4, false, false, true});
    ts_added_put(&ctx, &a, "", (ts_added_token){.id = 5});
    assert_int_equal(ts_added_find(&a, "<s>"), 3);
    assert_int_equal(ts_added_find(&a, "<x>"), -1);
    splits(&a, "x<a>y<a>b", "x[1]y[2]"); /* the longest wins */
    splits(&a, "x \xC2\xA0<s>\t y", "x[3]y");
    splits(&a, "<s> <s>", "[3][3]");
    splits(&a, "x\x1C<s>", "x\x1C[3]");
    a.python = true;
    splits(&a, "x\x1C<s>", "x[3]");
    splits(&a, "a cat, concat \xC3\xA9" "cat", "a [4], concat \xC3\xA9" "cat");
    splits(&a, "<a", "<a");
    splits(&a, "", "");
    ts_added_free(&a);
    ts_ctx_close(&ctx);
}

static void from_json(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_added a = {0};
    ts_ctx_open_plain(&ctx);
    json_t *const entry = json_pack("{s:s,s:b}", "content", "<q>", "rstrip", 1);
    assert_int_equal(ts_added_put_json(&ctx, &a, entry, 8, "file"), TS_OK);
    splits(&a, "x <q> y", "x [8]y");
    assert_int_equal(ts_added_put_json(&ctx, &a, entry, -1, "file"), TS_ERROR_FORMAT);
    assert_non_null(strstr(ctx.message, "file: the id of the added token \"<q>\""));
    ts_ctx_clear(&ctx);
    json_object_set_new(entry, "lstrip", json_string("yes"));
    assert_int_not_equal(ts_added_put_json(&ctx, &a, entry, 8, "file"), TS_OK);
    json_decref(entry);
    ts_added_free(&a);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_tokens),
        cmocka_unit_test(from_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
