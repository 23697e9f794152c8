/* The room's modules: golden masks, and what is refused. */
#include "tests/support/glyph.h"

#include <string.h>

#include "ref/glyph/modules.h"
#include "ref/io/safetensors.h"

static void masks(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    const char *path = "data/goldens/glyph/position_masks.safetensors";
    ts_safetensors *file = ts_safetensors_open(&ctx, path);
    assert_non_null(file);
    ts_call call = {0};
    const ts_module *module = ts_module_find(ts_glyph_modules, "glyph.position_mask", &call);
    assert_non_null(module);
    json_t *settings = json_pack("{s:i, s:i}", "height", 48, "width", 64);
    call.settings = settings;
    int outputs = 0;
    for (int64_t i = 0; i < ts_safetensors_count(file); i++)
        if (strncmp(ts_safetensors_name(file, i), "in.", 3) == 0)
            ts_items_add(&ctx, &call.inputs, ts_safetensors_name(file, i) + 3,
                         ts_safetensors_tensor(file, i));
    if (module->run(&ctx, &call))
        fail_msg("%s", ctx.message);
    for (int64_t i = 0; i < ts_safetensors_count(file); i++) {
        const char *name = ts_safetensors_name(file, i);
        if (strncmp(name, "out.", 4) != 0)
            continue;
        const ts_tensor want = ts_safetensors_tensor(file, i);
        const ts_tensor got = ts_items_get(&call.outputs, name + 4);
        if (ts_is_empty(got) || ts_numel(got) != ts_numel(want) ||
            memcmp(want.data, got.data, (size_t)ts_numel(want)) != 0)
            fail_msg("%s differs", name);
        outputs++;
    }
    assert_int_equal(outputs, 52);
    ts_call_free(&call);
    json_decref(settings);
    ts_safetensors_close(file);
    ts_ctx_close(&ctx);
}

static void refuses(const char *name, const char *rows, const char *settings, ts_status status)
{
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_call call = {0};
    const ts_module *module = ts_module_find(ts_glyph_modules, name, &call);
    assert_non_null(module);
    json_t *list = json_loads(rows, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL), *set = json_loads(settings, 0, NULL);
    call.rows = list;
    call.settings = set;
    assert_int_equal(module->run(&ctx, &call), status);
    assert_true(ctx.message[0] != '\0');
    ts_call_free(&call);
    json_decref(list);
    json_decref(set);
    ts_ctx_close(&ctx);
}

static void errors(void **state)
{
    (void)state;
    refuses("glyph.line", "{}", "{}", TS_ERROR_USAGE);
    refuses("glyph.line", "[{}]", "{}", TS_ERROR_FORMAT);
    refuses("glyph.line", "[{\"font\": \"DejaVuSans\"}]", "{}", TS_ERROR_FORMAT);
    refuses("glyph.line", "[{\"font\": \"DejaVuSans\", \"text\": \"x\\u0000y\"}]", "{}",
            TS_ERROR_FORMAT);
    refuses("glyph.line", "[{\"font\": \"NoSuchFont\", \"text\": \"x\"}]", "{}", TS_ERROR_IO);
    refuses("glyph.placed",
            "[{\"font\": \"DejaVuSans\", \"text\": \"x\", \"polygon\": [[1]]}]", "{}",
            TS_ERROR_FORMAT);
    refuses("glyph.placed", "[{\"font\": \"DejaVuSans\", \"text\": \"x\", \"width\": 0}]", "{}",
            TS_ERROR_FORMAT);
    refuses("glyph.placed",
            "[{\"font\": \"DejaVuSans\", \"text\": \"x\", \"width\": 65536, \"height\": 65536, "
            "\"scale\": 65536, \"polygon\": [[1, 1], [9, 1], [9, 9]]}]", "{}", TS_ERROR_FORMAT);
    refuses("glyph.placed", "[{\"font\": \"DejaVuSans\", \"text\": \"x\"}]", "{\"last\": \"no\"}",
            TS_ERROR_USAGE);
    refuses("glyph.position_mask", "[]", "{\"height\": 0}", TS_ERROR_USAGE);
    refuses("glyph.position_mask", "[]", "{}", TS_ERROR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
