#include "tests/support/golden.h"

static void published(void **state)
{
    (void)state;
    golden_accepted("data/goldens/text/glyph_byt5.safetensors");
    golden_accepted("data/goldens/text/byt5_simple_mapper.safetensors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(published)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
