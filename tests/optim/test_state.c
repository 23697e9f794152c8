#include "tests/support/optim.h"

#include "tests/support/files.h"

#include <stdio.h>
#include <string.h>

static const char *const methods[] = {"sgd", "lars", "adam", "adamw", "lamb", "prodigy"};

static ts_optim_settings settings(const char *method)
{
    ts_optim_settings s = ts_optim_defaults(method);
    s.momentum = 0.9;
    s.amsgrad = true;
    s.weight_decay = 0.01;
    return s;
}

static void copy_parameters(optim_trial *to, const optim_trial *from)
{
    for (int i = 0; i < OPTIM_TENSORS; i++)
        memcpy(to->p[i].data, from->p[i].data,
               (size_t)ts_numel(from->p[i]) * ts_dtype_size(from->p[i].dtype));
}

/* Five steps, or two, a file, and three: the same bits. */
static void goes_on(void **state)
{
    (void)state;
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++)
        for (int wide = 0; wide < 2; wide++) {
            const ts_optim_settings s = settings(methods[m]);
            const ts_dtype storage = wide ? TS_F64 : TS_F32;
            const char *path = files_path("state.safetensors");
            optim_trial one, two;
            optim_open(&one, methods[m], &s, &ts_table_fast, storage, 2);
            optim_open(&two, methods[m], &s, &ts_table_fast, storage, 1);
            optim_steps(&one, 0, 2);
            assert_int_equal(ts_optim_write(&one.ctx, one.o, path), TS_OK);
            copy_parameters(&two, &one);
            if (ts_optim_read(&two.ctx, two.o, path))
                fail_msg("%s", two.ctx.message);
            optim_steps(&one, 2, 3);
            optim_steps(&two, 2, 3);
            assert_true(optim_hash(&one) == optim_hash(&two));
            assert_true(ts_optim_d(one.o) == ts_optim_d(two.o));
            optim_close(&one);
            optim_close(&two);
        }
}

/* A file of other parameters, another method, another storage: refused, and nothing has changed. */
static void other_files(void **state)
{
    (void)state;
    optim_trial t, other;
    const ts_optim_settings s = settings("adam");
    optim_open(&t, "adam", &s, &ts_table_plain, TS_F32, 1);
    optim_steps(&t, 0, 1);
    ts_optim_write(&t.ctx, t.o, files_path("adam"));
    optim_open(&other, "adamw", NULL, &ts_table_plain, TS_F32, 1);
    ts_optim_read(&other.ctx, other.o, files_path("adam"));
    files_failed(&other.ctx, TS_ERROR_FORMAT, "no tensor optim.adamw.steps");
    optim_close(&other);
    optim_open(&other, "adam", &s, &ts_table_plain, TS_F64, 1);
    ts_optim_read(&other.ctx, other.o, files_path("adam"));
    files_failed(&other.ctx, TS_ERROR_FORMAT, "expected (70001) F64, got (70001) F32");
    assert_true(ts_load(ts_optim_state(other.o, 1, "exp_avg").data, TS_F64, 0) == 0.0);
    double more[1] = {1};
    const int64_t n = 1;
    ts_optim_add(&other.ctx, other.o, 0, "more", ts_tensor_of(more, TS_F64, 1, &n));
    ts_optim_read(&other.ctx, other.o, files_path("adam"));
    files_failed(&other.ctx, TS_ERROR_FORMAT, "steps: expected (4) I64, got (3) I64");
    ts_optim_read(&other.ctx, other.o, files_path("nothing"));
    files_failed(&other.ctx, TS_ERROR_IO, "nothing");
    optim_close(&other);
    ts_items items = {0};
    assert_int_equal(ts_optim_collect(&t.ctx, t.o, "train", &items), TS_OK);
    assert_false(ts_is_empty(ts_items_get(&items, "train.adam.exp_avg.c")));
    assert_false(ts_is_empty(ts_items_get(&items, "train.adam.max_exp_avg_sq.a")));
    assert_int_equal(items.count, 2 + 3 * OPTIM_TENSORS);
    ts_items_free(&items);
    optim_close(&t);
}

/* Memory fails while writing: the old file stays. */
static void without_memory(void **state)
{
    (void)state;
    optim_trial t;
    const char *path = files_path("kept");
    size_t before = 0, after = 0;
    optim_open(&t, "sgd", NULL, &ts_table_plain, TS_F32, 1);
    ts_optim_write(&t.ctx, t.o, path);
    char *old = files_read(path, &before);
    const int entries = files_count();
    for (long n = 1; n < 200; n++) {
        ts_plant_fault(n);
        ts_optim_write(&t.ctx, t.o, path);
        ts_plant_fault(0);
        if (!t.ctx.status) {
            assert_true(n > 3);
            break;
        }
        assert_int_equal(t.ctx.status, TS_ERROR_MEMORY);
        ts_ctx_clear(&t.ctx);
        char *now = files_read(path, &after);
        assert_int_equal(before, after);
        assert_memory_equal(old, now, before);
        free(now);
        assert_int_equal(files_count(), entries);
    }
    assert_int_equal(t.ctx.status, TS_OK);
    free(old);
    optim_close(&t);
}

static void long_names(void **state)
{
    (void)state;
    optim_trial t;
    char name[1100];
    float w[1] = {0};
    const int64_t n = 1;
    ts_items items = {0};
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    optim_open(&t, "adam", NULL, &ts_table_plain, TS_F32, 1);
    ts_optim_add(&t.ctx, t.o, 0, name, ts_tensor_of(w, TS_F32, 1, &n));
    assert_int_equal(ts_optim_collect(&t.ctx, t.o, "optim", &items), TS_ERROR_USAGE);
    assert_non_null(strstr(t.ctx.message, "too long"));
    ts_items_free(&items);
    optim_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_on),
        cmocka_unit_test(other_files),
        cmocka_unit_test(without_memory),
        cmocka_unit_test(long_names),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
