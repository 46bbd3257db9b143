#include "webnode/pages/render.h"

#include <ctime>
#include <kainjow/mustache.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "base/core/check.h"
#include "base/core/jsonio.h"
#include "webnode/pages/embedded.h"
#include "webnode/shop/catalogue.h"

namespace multiaz::webnode {

namespace {

using nlohmann::json;
namespace mustache = kainjow::mustache;

std::string_view template_text(std::string_view name) {
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.name == name) return file.text;
  }
  check_failed(__FILE__, __LINE__, "a template that exists", name);
}

std::string with_includes(std::string_view text) {
  std::string out;
  while (true) {
    const size_t begin = text.find("{{>");
    out += text.substr(0, begin);
    if (begin == std::string_view::npos) return out;
    const size_t end = text.find("}}", begin);
    CHECK(end != std::string_view::npos);
    out += with_includes(
        template_text(std::string(text.substr(begin + 3, end - begin - 3)) + ".html"));
    text.remove_prefix(end + 2);
  }
}

// A template is parsed at its first use and then kept: there are only a dozen.
mustache::mustache& parsed(std::string_view name) {
  static std::map<std::string, mustache::mustache, std::less<>> cache;
  const auto found = cache.find(name);
  if (found != cache.end()) return found->second;
  mustache::mustache made(with_includes(template_text(std::string(name) + ".html")));
  CHECK_NOTE(made.is_valid(), made.error_message());
  return cache.emplace(std::string(name), std::move(made)).first->second;
}

mustache::data convert(const json& value) {
  switch (value.type()) {
    case json::value_t::object: {
      mustache::data object(mustache::data::type::object);
      for (const auto& [name, inner] : value.items()) object.set(name, convert(inner));
      return object;
    }
    case json::value_t::array: {
      mustache::data list(mustache::data::type::list);
      for (const json& inner : value) list << convert(inner);
      return list;
    }
    case json::value_t::string:
      // an empty text would otherwise show its section
      if (value == "") return mustache::data(false);
      return mustache::data(jsonio::text_or_empty(value));
    case json::value_t::boolean: return mustache::data(value == true);
    case json::value_t::null: return mustache::data(false);
    default: return mustache::data(jsonio::dump(value));
  }
}

json layout_data(const Shop& shop, const Visit& visit, const Glance& seen, const Page& page) {
  json data = {{"title", page.title},
               {"instance", shop.config.instance},
               {"zone", shop.config.zone},
               {"csrf", shop.signer.form_token(visit.session.id)},
               {"known", seen.known},
               {"cart_lines", seen.cart_lines},
               {"user", seen.user ? json(seen.user->name) : json(false)},
               {"words", visit.request.query.get("q")}};
  const std::string current = visit.request.query.get("category");
  data["categories"] = json::array();
  for (const Category& category : categories()) {
    data["categories"].push_back(
        {{"name", category.name}, {"text", category.title}, {"current", category.name == current}});
  }
  return data;
}

http::Response finish(const Shop& shop, const Visit& visit, const Glance& seen, const Page& page,
                      json data) {
  json layout = layout_data(shop, visit, seen, page);
  data["csrf"] = layout["csrf"];
  layout["content"] = render(page.body, data);
  return http::html_response(page.status, render("layout", layout));
}

}  // namespace

std::string render(std::string_view name, const json& data) {
  return parsed(name).render(convert(data));
}

rt::Task<http::Response> show_page(Shop& shop, Visit& visit, Page page, json data) {
  const Glance seen = co_await glance(shop, visit.session);
  co_return finish(shop, visit, seen, page, std::move(data));
}

http::Response error_page(const Shop& shop, const Visit& visit, const Error& error) {
  const Refusal refusal = explain(error);
  Page page;
  page.body = "error";
  page.status = refusal.status;
  page.title = refusal.status == 404 ? "Not found" : "Something is wrong";
  if (refusal.status >= 503) page.title = "One moment, please";
  const json data = {{"title", page.title},
                     {"message", refusal.message},
                     {"away", refusal.status >= 503},
                     {"in_doubt", refusal.status == 504},
                     {"missing", refusal.status == 404}};
  http::Response response = finish(shop, visit, Glance(), page, data);
  add_retry_headers(refusal, response);
  return response;
}

std::string price_text(int64_t cents) {
  std::string euros = std::to_string(cents / 100);
  for (size_t i = euros.size(); i > 3; i -= 3) euros.insert(i - 3, ",");
  const std::string rest = std::to_string(100 + cents % 100).substr(1);
  return "€" + euros + "." + rest;
}

std::string date_text(int64_t created_ms) {
  const std::time_t seconds = created_ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  const size_t size = std::strftime(text, sizeof text, "%-d %B %Y, %H:%M UTC", &parts);
  return std::string(text, size);
}

}  // namespace multiaz::webnode
