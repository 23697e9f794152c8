#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/cli/case.h"
#include "tests/support/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ts_ctx ctx;
static ts_case c;
static char path[256];

/* A case of these tensors (each one float, 1) with this metadata (key, value, ..., NULL). */
static void write_case(const char *file, const char *const *tensors, const char *const *metadata)
{
    static float one = 1.0f;
    ts_items items = {0};
    json_t *m = json_object();
    ts_ctx_open_plain(&ctx);
    for (; *tensors; tensors++)
        ts_items_add(&ctx, &items, *tensors, ts_tensor_of(&one, TS_F32, 0, NULL));
    for (; *metadata; metadata += 2)
        json_object_set_new(m, metadata[0], json_string(metadata[1]));
    snprintf(path, sizeof path, "%s/%s", command_folder(), file);
    assert_int_equal(ts_safetensors_write(&ctx, path, &items, m), TS_OK);
    json_decref(m);
    ts_items_free(&items);
    ts_ctx_close(&ctx);
}

static void write_text(const char *file, const char *text)
{
    snprintf(path, sizeof path, "%s/%s", command_folder(), file);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static ts_status open_it(void)
{
    ts_ctx_open_plain(&ctx);
    return ts_case_open(&ctx, &c, path);
}

static void finish(void)
{
    ts_case_close(&c);
    ts_ctx_close(&ctx);
}

static const ts_target *target(ts_kind kind, const char *name)
{
    for (int64_t i = 0; i < c.count; i++)
        if (c.targets[i].kind == kind && strcmp(c.targets[i].name, name) == 0)
            return &c.targets[i];
    fail_msg("no target %s", name);
    return NULL;
}

static void parts(void **state)
{
    (void)state;
    write_case("parts.safetensors",
               (const char *const[]){"in.x", "in.cotangent.y", "param.w", "out.y", "truth.y",
                                     "truth_sin32.y", "trace.a.output", "grad.x", "truth.grad.x",
                                     "grad.w", "truth.trace.a.output", NULL},
               (const char *const[]){"touchstone.case", "1", "module", "ops.linear", "settings",
                                     "{\"a\": {\"b\": 2}}", "checkpoint", "../tiny", "class",
                                     "{\"y\": \"exact\"}", NULL});
    assert_int_equal(open_it(), TS_OK);
    assert_string_equal(c.job.module, "ops.linear");
    char want[300];
    snprintf(want, sizeof want, "%s/../tiny", command_folder());
    assert_string_equal(c.job.checkpoint, want);
    assert_null(c.job.lora);
    assert_int_equal(c.job.inputs.count, 1);
    assert_int_equal(c.job.cotangents.count, 1);
    assert_string_equal(c.job.cotangents.items[0].name, "cotangent.y");
    assert_int_equal(c.job.params.count, 1);
    assert_int_equal(c.count, 4);
    assert_false(ts_is_empty(target(TS_OUTPUT, "y")->published));
    assert_false(ts_is_empty(target(TS_OUTPUT, "y")->truth));
    assert_false(ts_is_empty(target(TS_OUTPUT, "y")->truth_sin32));
    assert_false(ts_is_empty(target(TS_TRACE, "a.output")->truth));
    assert_false(ts_is_empty(target(TS_GRADIENT, "x")->truth));
    assert_true(ts_is_empty(target(TS_GRADIENT, "w")->truth));
    assert_true(c.job.grads && c.job.param_grads);
    assert_int_equal(c.job.wanted_count, 1);
    assert_string_equal(c.job.wanted[0], "y");
    assert_true(json_is_object(c.classes));
    finish();
}

static void plain_inputs(void **state)
{
    (void)state;
    write_case("plain.safetensors",
               (const char *const[]){"x", "cotangent.y", "param.w", "cotangents", NULL},
               (const char *const[]){NULL});
    assert_int_equal(open_it(), TS_OK);
    assert_null(c.job.module);
    assert_int_equal(c.job.inputs.count, 2);
    assert_int_equal(c.job.cotangents.count, 1);
    assert_int_equal(c.job.params.count, 1);
    finish();
}

static void refused(const char *part)
{
    assert_true(open_it() != TS_OK);
    if (!strstr(ctx.message, part))
        fail_msg("\"%s\" is not in: %s", part, ctx.message);
    finish();
}

static void broken(void **state)
{
    (void)state;
    static const char *const one[] = {"in.x", NULL};
    write_case("b1.safetensors", (const char *const[]){"in.x", "output.y", NULL},
               (const char *const[]){"touchstone.case", "1", NULL});
    refused("output.y begins with none of");
    write_case("b2.safetensors", one,
               (const char *const[]){"touchstone.case", "1", "settings", "[1]", NULL});
    refused("\"settings\" must be an object");
    write_case("b3.safetensors", one,
               (const char *const[]){"touchstone.case", "1", "settings", "{", NULL});
    refused("settings");
    write_text("b4.json", "{\"module\": \"text.x\", \"rows\": 3}");
    refused("\"rows\" must be a list");
    write_text("b5.json", "[]");
    refused("b5.json");
    write_text("b6.safetensors", "nonsense");
    refused("b6.safetensors");
    snprintf(path, sizeof path, "%s/none.safetensors", command_folder());
    refused("none.safetensors");
}

static void json_rows(void **state)
{
    (void)state;
    write_text("rows.json", "{\"module\": \"text.tokenizers\", \"checkpoint\": \"/abs\", "
                            "\"settings\": {\"a\": 1}, \"rows\": [{\"text\": \"x\"}]}");
    assert_int_equal(open_it(), TS_OK);
    assert_string_equal(c.job.checkpoint, "/abs");
    assert_int_equal(json_array_size(c.job.rows), 1);
    assert_int_equal(json_integer_value(json_object_get(c.job.settings, "a")), 1);
    finish();
}

static void settings(void **state)
{
    (void)state;
    ts_job job = {0};
    ts_ctx_open_plain(&ctx);
    assert_int_equal(ts_job_set(&ctx, &job, "a=1.5"), TS_OK);
    assert_int_equal(ts_job_set(&ctx, &job, "b.c=true"), TS_OK);
    assert_int_equal(ts_job_set(&ctx, &job, "b.d=a text, {"), TS_OK);
    assert_int_equal(ts_job_set(&ctx, &job, "e=x=y"), TS_OK);
    char *text = json_dumps(job.settings, JSON_SORT_KEYS | JSON_COMPACT);
    assert_string_equal(text, "{\"a\":1.5,\"b\":{\"c\":true,\"d\":\"a text, {\"},\"e\":\"x=y\"}");
    free(text);
    static const char *const bad[] = {"",    "a",   "=1", "b.=1",
                                      ".=1", "b..c=1", "a=\xff", "\xff.a=1", "a.\xff.b=1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ts_ctx_clear(&ctx);
        assert_int_equal(ts_job_set(&ctx, &job, bad[i]), TS_ERROR_USAGE);
    }
    ts_job_free(&job);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(parts), cmocka_unit_test(plain_inputs),
                                       cmocka_unit_test(broken), cmocka_unit_test(json_rows),
                                       cmocka_unit_test(settings)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
