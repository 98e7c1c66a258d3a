// Makes spdlog's registry before any test has threads. Debian compiles spdlog without
// ThreadSanitizer, which therefore cannot see that its making is guarded, and would take the first
// two uses at once for a race.
#include <spdlog/spdlog.h>

namespace {

[[maybe_unused]] const spdlog::logger* const made = spdlog::default_logger_raw();

}  // namespace
