// Settings of a session: an accepted setting can be shown, set again and used, in any order.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "dbnode/settings.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace multiaz::dbnode;
  static constexpr std::string_view kNames[] = {"statement_timeout",
                                                "lock_timeout",
                                                "idle_in_transaction_session_timeout",
                                                "client_encoding",
                                                "default_transaction_isolation",
                                                "default_transaction_read_only",
                                                "application_name",
                                                "timezone"};
  Settings settings;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  while (rest.size() >= 2) {
    const auto what = static_cast<uint8_t>(rest[0]);
    const size_t bytes = std::min<size_t>(static_cast<uint8_t>(rest[1]), rest.size() - 2);
    const std::string_view text = rest.substr(2, bytes);
    rest.remove_prefix(2 + bytes);
    const size_t equals = text.find('=');
    const bool free_name = what % 16 >= std::size(kNames) && equals != std::string_view::npos;
    const std::string_view name =
        free_name ? text.substr(0, equals) : kNames[what % std::size(kNames)];
    const std::string_view value = free_name ? text.substr(equals + 1) : text;
    const bool accepted = what & 0x40 ? settings.start(name, value).ok()
                                      : settings.set(name, value, (what & 0x80) != 0).ok();
    if (accepted) {
      const auto shown = settings.show(name);
      if (!shown || !Settings(settings).set(name, *shown, false)) abort();
    }
    if (what % 29 == 0) (void)settings.finish(bytes % 2 == 0);
    if (what % 31 == 0) (void)settings.reset(name);
    if (what % 61 == 0) (void)settings.reset_all();
    if (settings.statement_timeout_ms() > kTimeoutMsMax ||
        settings.lock_timeout_ms() > kTimeoutMsMax ||
        settings.idle_transaction_timeout_ms() > kTimeoutMsMax) {
      abort();
    }
    (void)settings.default_read_only();
    (void)settings.default_snapshot_isolation();
    if (settings.reported().size() > 64) abort();
  }
  return 0;
}
