/* The header stands alone, may be included twice, and has the layout that was promised. */
#include "bactrian.h"
#include "bactrian.h"

#define HOLDS(name, condition) typedef char name[(condition) ? 1 : -1]

HOLDS(status_is_32_bits, sizeof(bactrian_status) == 4);
HOLDS(id_never_changes, sizeof(bactrian_id) == 2 * sizeof(void *) + 8);
HOLDS(text_never_changes, sizeof(bactrian_text) == 2 * sizeof(void *));
HOLDS(value_never_changes, sizeof(void *) < 8 || sizeof(bactrian_value) == 16);
HOLDS(number_is_frozen, BACTRIAN_STATUS_UNKNOWN_COLUMN == 300 && BACTRIAN_STATUS_INTERNAL == 900);
HOLDS(size_comes_first, offsetof(bactrian_event, struct_size) == 0 && offsetof(bactrian_options, struct_size) == 0);

int main(void) {
    return bactrian_version()[0] >= '0' && strcmp(bactrian_status_text(300), "unknown column") == 0 ? 0 : 1;
}
