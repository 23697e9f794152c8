#include "tests/support/faults.h"
#include "tests/support/files.h"

#include "ref/io/safetensors.h"
#include "ref/io/weights.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static float values[] = {1, 2, 3, 4, 5, 6};
static int32_t integers[] = {1, 2};

static void write_file(const char *name, int count, const char *const *names)
{
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_items items = {0};
    for (int i = 0; i < count; i++)
        ts_items_add(&ctx, &items, names[i], ts_tensor_of(values, TS_F32, 2, (int64_t[]){2, 3}));
    ts_items_add(&ctx, &items, "whole", ts_tensor_of(integers, TS_I32, 1, (int64_t[]){2}));
    assert_int_equal(ts_safetensors_write(&ctx, files_path(name), &items, NULL), TS_OK);
    ts_items_free(&items);
    ts_ctx_close(&ctx);
}

static void shards(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    mkdir(files_path("t"), 0777);
    files_write_text(files_path("t/config.json"), "{}");
    write_file("t/one.safetensors", 1, (const char *[]){"a"});
    write_file("t/two.safetensors", 2, (const char *[]){"b", "c"});
    const char *index = files_path("t/model.safetensors.index.json");
    files_write_text(index, "{\"weight_map\":{\"c\":\"two.safetensors\",\"a\":\"one.safetensors\","
                            "\"b\":\"two.safetensors\"}}");
    ts_weights *w = ts_weights_open(&ctx, files_path("t"), NULL);
    assert_int_equal(ts_ctx_status(&ctx), TS_OK);
    assert_int_equal(ts_weights_count(w), 3);
    assert_string_equal(ts_weights_name(w, 2), "c");
    assert_string_equal(ts_weights_component(w), "");
    ts_weights_close(w);

    static const char *const wrong[][2] = {
        {"{}", "weight_map: expected an object"},
        {"{\"weight_map\":{\"a\":3}}", "a: expected the name of a file"},
        {"{\"weight_map\":{\"a\":\"../one.safetensors\"}}", "a: expected the name of a file"},
        {"{\"weight_map\":{\"a\":\"three.safetensors\"}}", "No such file"},
        {"{\"weight_map\":{\"a\":\"..\"}}", "leads out of"},
        {"{\"weight_map\":{\"a\":\"two.safetensors\"}}", "the tensor a is missing"},
        {"{\"weight_map\":{\"a\":\"link.safetensors\"}}", "leads out of"},
        {"[]", "expected a JSON object"},
    };
    write_file("outside.safetensors", 1, (const char *[]){"a"});
    assert_int_equal(symlink("../outside.safetensors", files_path("t/link.safetensors")), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        files_write_text(index, wrong[i][0]);
        assert_null(ts_weights_open(&ctx, files_path("t"), NULL));
        files_failed(&ctx, i == 3 ? TS_ERROR_IO : TS_ERROR_FORMAT, wrong[i][1]);
    }
    ts_ctx_close(&ctx);
}

static void folders(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    mkdir(files_path("f"), 0777);
    assert_null(ts_weights_open(&ctx, files_path("nowhere"), "vae"));
    files_failed(&ctx, TS_ERROR_IO, "no such folder");
    files_write_text(files_path("plain"), "x");
    assert_null(ts_weights_open(&ctx, files_path("plain"), "vae"));
    files_failed(&ctx, TS_ERROR_IO, "not a folder");
    assert_null(ts_weights_open(&ctx, files_path("f"), "vae"));
    files_failed(&ctx, TS_ERROR_IO, "neither config.json nor model_index.json");
    files_write_text(files_path("f/model_index.json"), "{}");
    assert_null(ts_weights_open(&ctx, files_path("f"), "vae"));
    files_failed(&ctx, TS_ERROR_IO, "no component vae");
    mkdir(files_path("f/vae"), 0777);
    assert_null(ts_weights_open(&ctx, files_path("f"), "vae"));
    files_failed(&ctx, TS_ERROR_IO, "config.json");
    files_write_text(files_path("f/vae/config.json"), "{}");
    assert_null(ts_weights_open(&ctx, files_path("f"), "vae"));
    files_failed(&ctx, TS_ERROR_IO, "no .safetensors file");
    files_write_text(files_path("f/vae/model.bin"), "");
    assert_null(ts_weights_open(&ctx, files_path("f"), "vae"));
    files_failed(&ctx, TS_ERROR_IO, "pickled");
    write_file("f/vae/x.safetensors", 1, (const char *[]){"a"}); /* the only one */
    ts_weights *w = ts_weights_open(&ctx, files_path("f"), "vae");
    assert_non_null(w);
    ts_weights_close(w);
    write_file("f/vae/y.safetensors", 1, (const char *[]){"a"});
    assert_null(ts_weights_open(&ctx, files_path("f"), "vae"));
    files_failed(&ctx, TS_ERROR_IO, "2 .safetensors files");
    write_file("f/vae/model.fp16.safetensors", 1, (const char *[]){"variant"});
    w = ts_weights_open(&ctx, files_path("f"), "vae");
    assert_true(ts_weights_has(w, "variant"));
    ts_weights_close(w);
    ts_ctx_close(&ctx);
}

static void one_file(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    write_file("lora.safetensors", 2, (const char *[]){"b", "a"});
    ts_weights *w = ts_weights_open_file(&ctx, files_path("lora.safetensors"));
    assert_int_equal(ts_weights_count(w), 3);
    assert_string_equal(ts_weights_name(w, 0), "a");
    assert_int_equal(json_object_size(ts_weights_config(w)), 0);
    ts_weights_close(w);
    assert_null(ts_weights_open_file(&ctx, files_path("none.safetensors")));
    files_failed(&ctx, TS_ERROR_IO, "none.safetensors");
    ts_ctx_close(&ctx);
}

/* A whole folder as diffusers writes it. */
static void published(void **state)
{
    (void)state;
    static const struct {
        const char *component, *weight;
    } parts[] = {{"transformer", "x_embedder.weight"},
                 {"vae", "decoder.conv_in.weight"},
                 {"text_encoder", "text_model.embeddings.token_embedding.weight"},
                 {"text_encoder_2", "shared.weight"}};
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    for (int i = 0; i < 4; i++) {
        ts_weights *w = ts_weights_open(&ctx, "data/goldens/tiny-a", parts[i].component);
        if (!w)
            fail_msg("%s", ctx.message);
        assert_true(ts_weights_has(w, parts[i].weight));
        assert_true(json_object_size(ts_weights_config(w)) > 5);
        for (int64_t k = 0; k < ts_weights_count(w); k++)
            assert_true(ts_dtype_is_float(ts_weights_tensor(w, k).dtype));
        ts_weights_prefetch(w, "");
        ts_weights_close(w);
    }
    ts_ctx_close(&ctx);
}

/* Two files and an index, with gradients. */
static int work(void)
{
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_weights *w = ts_weights_open(&ctx, "data/goldens/io/pipeline", "transformer");
    if (w) {
        ts_weights_want_grads(w, true);
        ts_weight(&ctx, w, 1, (int64_t[]){-1}, "a");
        ts_weight(&ctx, w, 1, (int64_t[]){-1}, "b");
    }
    ts_weights_close(w);
    return faults_answer(&ctx);
}

static void faults(void **state)
{
    (void)state;
    assert_true(faults_walk("work") > 20);
}

int main(int count, char **arguments)
{
    (void)arguments;
    if (count > 1)
        return work();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shards),
        cmocka_unit_test(folders),
        cmocka_unit_test(one_file),
        cmocka_unit_test(published),
        cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
