/* Every input of data/fuzz/NAME once more through the target it was made for. Run with sanitizers, as
 * for `make SAN=address,undefined test-quick`, it also says that no parser reads beyond its input or
 * loses memory. Files named found-* once broke something. */
#include "tests/fuzz/fuzz.h"

#include "tests/support/files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(const uint8_t *data, size_t size);
} targets[] = {
#define TARGET(name) {#name, fuzz_##name},
#include "tests/fuzz/targets.def"
#undef TARGET
};
enum { TARGETS = sizeof targets / sizeof *targets, FLOOR = 8 };

/* In a block of its own size, so that a sanitizer sees the first byte beyond. */
static void replay(int (*run)(const uint8_t *, size_t), const char *path)
{
    size_t size;
    char *read = files_read(path, &size);
    uint8_t *data = malloc(size ? size : 1);
    assert_non_null(data);
    memcpy(data, read, size);
    free(read);
    run(data, size);
    free(data);
}

static void corpus(void **state)
{
    (void)state;
    for (int i = 0; i < TARGETS; i++) {
        char path[512];
        int count = 0;
        snprintf(path, sizeof path, "data/fuzz/%s", targets[i].name);
        DIR *list = opendir(path);
        if (!list)
            fail_msg("%s: no corpus", path);
        for (struct dirent *entry; (entry = readdir(list));) {
            if (entry->d_name[0] == '.')
                continue;
            snprintf(path, sizeof path, "data/fuzz/%s/%s", targets[i].name, entry->d_name);
            printf("%s\n", path); /* the last one printed is the one that broke it */
            fflush(stdout);
            replay(targets[i].run, path);
            count++;
        }
        closedir(list);
        if (count < FLOOR)
            fail_msg("data/fuzz/%s: %d inputs, expected at least %d", targets[i].name, count, FLOOR);
    }
}

static void no_input_at_all(void **state)
{
    (void)state;
    for (int i = 0; i < TARGETS; i++)
        replay(targets[i].run, "/dev/null");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(corpus), cmocka_unit_test(no_input_at_all)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
