#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/cli/classes.h"

#include <string.h>

static float numbers[12];
static uint8_t bytes[12];

static ts_tensor floats(int rank, const int64_t *size)
{
    return ts_tensor_of(numbers, TS_F32, rank, size);
}

static ts_class class_of(const char *module, ts_kind kind, ts_tensor published, const char *classes)
{
    const ts_target t = {.kind = kind, .name = "output", .published = published};
    ts_case c = {.job = {.module = module}};
    c.classes = classes ? json_loads(classes, JSON_DECODE_ANY, NULL) : NULL;
    const ts_class class = ts_class_of(&c, &t);
    json_decref(c.classes);
    return class;
}

static void by_name_of_the_module(void **state)
{
    (void)state;
    const ts_tensor x = floats(1, (int64_t[]){3});
    static const struct {
        const char *module;
        ts_class class;
    } all[] = {
        {"ops.linear", TS_CLASS_ROUNDED},
        {"des.fm", TS_CLASS_ROUNDED},
        {"optim.lars", TS_CLASS_ROUNDED},
        {"optim.adamw", TS_CLASS_PATH},
        {"flux.x_embedder", TS_CLASS_ROUNDED},
        {"flux.time_text_embed", TS_CLASS_ROUNDED},
        {"flux.time_text_embed.time_proj", TS_CLASS_ROUNDED},
        {"flux.pos_embed", TS_CLASS_ROUNDED},
        {"flux_text.transformer_blocks.0.norm1", TS_CLASS_ROUNDED},
        {"flux_text.transformer_blocks.0.norm1.linear", TS_CLASS_PATH},
        {"vae.decoder.conv_norm_out", TS_CLASS_ROUNDED},
        {"flux_text.transformer", TS_CLASS_PATH},
        {"rng.torch_cpu", TS_CLASS_EXACT},
        {"rng.torch_cpu_default", TS_CLASS_WITHIN},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_int_equal(class_of(all[i].module, TS_OUTPUT, x, NULL), all[i].class);
    assert_int_equal(class_of("ops.linear", TS_TRACE, x, NULL), TS_CLASS_PATH);
    assert_int_equal(class_of("ops.linear", TS_GRADIENT, x, NULL), TS_CLASS_ROUNDED);
}

static void by_type_and_by_the_case(void **state)
{
    (void)state;
    const ts_tensor x = floats(1, (int64_t[]){3});
    const ts_tensor ids = ts_tensor_of(bytes, TS_U8, 1, (int64_t[]){3});
    assert_int_equal(class_of("ops.linear", TS_OUTPUT, ids, NULL), TS_CLASS_EXACT);
    assert_int_equal(class_of("ops.linear", TS_OUTPUT, x, "\"exact\""), TS_CLASS_EXACT);
    assert_int_equal(class_of("ops.linear", TS_OUTPUT, x, "{\"output\": \"path\"}"), TS_CLASS_PATH);
    assert_int_equal(class_of("ops.linear", TS_OUTPUT, x, "{\"other\": \"path\"}"),
                     TS_CLASS_ROUNDED);
    assert_int_equal(class_of("ops.linear", TS_GRADIENT, x, "\"exact\""), TS_CLASS_ROUNDED);
}

static void bytes_of_a_picture(void **state)
{
    (void)state;
    const ts_tensor rows = ts_tensor_of(bytes, TS_U8, 3, (int64_t[]){2, 2, 3});
    ts_target targets[3] = {
        {.kind = TS_OUTPUT, .name = "image", .published = floats(4, (int64_t[]){1, 3, 2, 2})},
        {.kind = TS_OUTPUT, .name = "image_u8", .published = rows},
        {.kind = TS_OUTPUT, .name = "other_u8", .published = rows},
    };
    const ts_case c = {.targets = targets, .count = 3};
    assert_ptr_equal(ts_picture_of(&c, &targets[1]), &targets[0]);
    assert_null(ts_picture_of(&c, &targets[0]));
    assert_null(ts_picture_of(&c, &targets[2]));
    targets[0].published = floats(4, (int64_t[]){1, 2, 2, 3}); /* not laid out as a picture */
    assert_null(ts_picture_of(&c, &targets[1]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_name_of_the_module),
        cmocka_unit_test(by_type_and_by_the_case),
        cmocka_unit_test(bytes_of_a_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
