#include "base/core/exceptions.h"

#include <atomic>
#include <exception>

#include "base/core/check.h"
#include "base/core/log.h"

namespace multiaz {

namespace {

std::atomic<uint64_t> caught{0};

std::string text_of_current() {
  try {
    throw;
  } catch (const std::exception& thrown) {
    return thrown.what();
  } catch (...) {
    return "something that is no std::exception";
  }
}

}  // namespace

std::string caught_exception(std::string_view edge) {
  const std::string text = text_of_current();
  ++caught;
  log::error("internal error in " + std::string(edge) + ": " + text);
  return text;
}

uint64_t exceptions_caught() {
  return caught;
}

void uncaught_exception(std::string_view place) {
  const std::string note = std::string(place) + ": " + text_of_current();
  check_failed(__FILE__, __LINE__, "no exception leaves this place", note);
}

}  // namespace multiaz
