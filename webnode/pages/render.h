// Pages from mustache templates. Everything is escaped except what a template puts into {{{..}}}.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/http/message.h"
#include "webnode/shop/session.h"
#include "webnode/web/visit.h"

namespace multiaz::webnode {

// The template rendered with this data. {{>card}} is replaced by the template "card" before
// parsing. REQUIRES: the template exists.
std::string render(std::string_view name, const nlohmann::json& data);

struct Page {
  std::string_view body;  // name of a template
  std::string title;
  int status = 200;
};
// A whole page: `body` inside the layout, with the user, the size of the cart and the instance.
// Asks the cache for the header's data, for a short time only.
rt::Task<http::Response> show_page(Shop& shop, Visit& visit, Page page, nlohmann::json data);
// An error page in the shop's layout. It asks no other tier, so it works when all are down.
http::Response error_page(const Shop& shop, const Visit& visit, const Error& error);

std::string price_text(int64_t cents);      // "€1,234.50"
std::string date_text(int64_t created_ms);  // "20 November 2026, 23:48 UTC"

}  // namespace multiaz::webnode
