// ICU's table of locale data, without entries. Linked only into the static binary (see Package.swift): it takes the
// place of 30 MB of data on languages and calendars, of which Bunsen uses nothing. ICU foresees this: its own
// distribution has a library of empty data for programs that bring their own, and code that asks for a locale then gets
// "missing resource". The form is ICU's common data header (udata.h, UDataInfo) followed by a table of contents.
#include <stdint.h>

struct common_data {
    uint16_t header_size;
    uint8_t magic[2];
    uint16_t info_size, reserved;
    uint8_t is_big_endian, charset_family, size_of_char, reserved_byte;
    uint8_t data_format[4], format_version[4], data_version[4];
    uint8_t padding[8];
    uint32_t count, reserved_count;
    uint32_t end[4];
};

// The number is ICU's version in the Swift toolchain; with another one the linker finds no such symbol to replace and
// the binary grows back, which ./build reports.
const struct common_data icudt76_dat = {
    .header_size = 32, .magic = {0xda, 0x27}, .info_size = 20, .size_of_char = 2,
    .data_format = {'T', 'o', 'C', 'P'}, .format_version = {1},
};
