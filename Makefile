# Touchstone. `make help` lists the targets.
#
#   BACKENDS="plain fast blas"   tables of operations to build (plain and fast are always there)
#   SAN=address,undefined        build with sanitizers
#   CC=clang                     another compiler
#   OPENMP=0                     without threads inside operations
#   V=1                          show the commands
#
# Each configuration has its own folder build/<config>; the default one is linked as
# build/touchstone. A change of flags rebuilds what it concerns.

CC       ?= cc
BACKENDS ?= plain fast blas
OPENMP   ?= 1
PREFIX   ?= /usr/local
DESTDIR  ?=
VERSION  := 0.1.0

config   := $(notdir $(CC))$(if $(SAN),-$(subst $(comma),-,$(SAN)))$(if $(filter 0,$(OPENMP)),-serial)$(if $(filter blas,$(BACKENDS)),,-noblas)
comma    := ,
BUILD    ?= build/$(subst $(comma),-,$(config))
OPT      ?= -O2

Q := $(if $(V),,@)

WARN := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wvla -Wstrict-prototypes \
        -Wmissing-prototypes -Wcast-qual -Wundef -Wdouble-promotion -Wformat=2

# -ffp-contract=off and no fast-math: the same bits everywhere. The last two flags change no value;
# they let the compiler turn loops into vectors.
CFLAGS  ?=
FLAGS   := -std=c11 -D_POSIX_C_SOURCE=200809L -DTS_VERSION='"$(VERSION)"' -I. $(OPT) -g \
           -ffp-contract=off -fno-math-errno -fno-trapping-math -fPIC $(WARN)
LIBS    := -lm

pkg = $(shell pkg-config --$(1) $(2) 2>/dev/null)
FLAGS += $(call pkg,cflags,jansson libpng libjpeg libutf8proc)
LIBS  += $(or $(call pkg,libs,jansson libpng libjpeg libutf8proc),-ljansson -lpng -ljpeg -lutf8proc) -lz
ifneq ($(OPENMP),0)
FLAGS += -fopenmp
LIBS  += -fopenmp
endif
ifneq ($(SAN),)
FLAGS += -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all
LIBS  += -fsanitize=$(SAN)
endif
ifneq ($(filter blas,$(BACKENDS)),)
FLAGS += -DTS_WITH_BLAS
LIBS  += -lopenblas
endif

# Sources. Kernels are compiled once for each arithmetic: ref/base/real.h.
kernels := $(wildcard ref/ops/plain/*.c) $(wildcard ref/ops/fast/*.c) \
           $(if $(filter blas,$(BACKENDS)),$(wildcard ref/ops/blas/*.c))
# Of a table's folder, files named _*.c belong to no arithmetic: they are compiled once.
singles := $(foreach f,$(kernels),$(if $(filter _%,$(notdir $f)),$f))
kernels := $(filter-out $(singles),$(kernels))
sources := $(filter-out ref/cli/%,$(wildcard ref/*/*.c)) $(singles)
command := $(wildcard ref/cli/*.c)

objects := $(sources:%.c=$(BUILD)/%.o) $(kernels:%.c=$(BUILD)/%.f32.o) \
           $(kernels:%.c=$(BUILD)/%.f64.o) \
           $(patsubst ref/ops/plain/%.c,$(BUILD)/ref/ops/plain/%.honest.o,$(filter ref/ops/plain/%,$(kernels)))
command_objects := $(command:%.c=$(BUILD)/%.o)
tests   := $(wildcard tests/*/test_*.c)
programs := $(tests:%.c=$(BUILD)/%)
support := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/support/*.c))
library := $(BUILD)/libtouchstone.a

.SECONDARY:

.PHONY: all
all: $(BUILD)/touchstone

$(BUILD)/touchstone: $(command_objects) $(library)
	@echo "  LD   $@"
	$(Q)$(CC) $(command_objects) $(library) $(LDFLAGS) $(LIBS) -o $@
	$(Q)$(if $(filter build/%,$(BUILD)),ln -sfn $(BUILD:build/%=%)/touchstone build/touchstone)

$(library): $(objects)
	@echo "  AR   $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# The flags of the last build: rewritten only when they changed, and everything depends on them.
stamp := $(BUILD)/flags
$(shell mkdir -p $(BUILD) && printf '%s\n' '$(subst ','\'',$(CC) $(FLAGS) $(CFLAGS) $(BACKENDS))' > $(BUILD)/flags.new && \
        { cmp -s $(BUILD)/flags.new $(stamp) || cp $(BUILD)/flags.new $(stamp); }; rm -f $(BUILD)/flags.new)

compile = $(Q)mkdir -p $(@D) && $(CC) $(FLAGS) $(CFLAGS) -MMD -MP $(1) -c $< -o $@
table   = $(word 3,$(subst /, ,$<))
# Kernels are worth a higher level; gauges belong to plain alone.
kernel  = -O3 -DTS_TABLE=$(table) $(if $(filter plain,$(table)),-DTS_GAUGES)

$(BUILD)/%.f32.o: %.c $(stamp)
	@echo "  CC   $< (f32)"
	$(call compile,-DTS_REAL_BITS=32 $(kernel))

$(BUILD)/%.f64.o: %.c $(stamp)
	@echo "  CC   $< (f64)"
	$(call compile,-DTS_REAL_BITS=64 $(kernel))

$(BUILD)/%.honest.o: %.c $(stamp)
	@echo "  CC   $< (honest)"
	$(call compile,-DTS_REAL_BITS=32 -DTS_HONEST -O3 -DTS_TABLE=honest)

$(BUILD)/%.o: %.c $(stamp)
	@echo "  CC   $<"
	$(call compile,$(if $(filter _%,$(notdir $<)),-O3))

# Tests: tests/<room>/test_<file>.c, one program each, on cmocka.
# Those of the command are linked with everything of it but main.
parts := $(filter-out $(BUILD)/ref/cli/main.o,$(command_objects))
$(BUILD)/tests/cli/%: $(BUILD)/tests/cli/%.o $(support) $(parts) $(library)
	@echo "  LD   $@"
	$(Q)$(CC) $< $(support) $(parts) $(library) $(LDFLAGS) -lcmocka $(LIBS) -o $@

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(support) $(library)
	@echo "  LD   $@"
	$(Q)$(CC) $< $(support) $(library) $(LDFLAGS) -lcmocka $(LIBS) -o $@

.PHONY: build-tests
build-tests: $(programs)

.PHONY: check-tests
check-tests: all $(programs)
	$(Q)for t in $(programs); do $$t || exit 1; done

.PHONY: clean
clean:
	rm -rf build

-include $(objects:.o=.d) $(command_objects:.o=.d) $(programs:=.d) $(support:.o=.d)
