#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/command.h"

static void build(void **state)
{
    (void)state;
    assert_int_equal(command("info"), 0);
    command_must_say("tables       plain fast");
    command_must_say("threads      ");
}

static void checkpoints(void **state)
{
    (void)state;
    assert_int_equal(command("info data/goldens/tiny-a data/goldens/tiny-a-lora.safetensors"), 0);
    command_must_say("2 double and 2 single blocks, 2 heads x 16, in 384, out 64");
    command_must_say("4 levels, 16 latent channels, factor 8");
    command_must_say("text_encoder_2");
    command_must_say("one file");
    assert_int_equal(command("info data/goldens/tiny-a/vae"), 0);
    command_must_say("AutoencoderKL");
    assert_int_equal(command("info data/no-such-folder"), 1);
    command_must_say("data/no-such-folder");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(build), cmocka_unit_test(checkpoints)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
