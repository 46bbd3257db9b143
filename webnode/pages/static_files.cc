#include <charconv>

#include "webnode/pages/embedded.h"
#include "webnode/pages/routes.h"
#include "webnode/shop/catalogue.h"
#include "webnode/shop/picture.h"

namespace multiaz::webnode::pages {

namespace {

// The answer is the same in every instance, so a browser's copy stays valid whichever instance
// serves.
http::Response cacheable(const Visit& visit, std::string_view type, std::string body) {
  const std::string tag = "\"" + digest_hex(body).substr(0, 16) + "\"";
  http::Response response(200, std::move(body), type);
  if (visit.request.header("If-None-Match") == tag) response = http::Response(304);
  response.headers.set("ETag", tag);
  response.headers.set("Cache-Control", "public, max-age=3600");
  return response;
}

std::string embedded(std::string_view name) {
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.name == name) return std::string(file.text);
  }
  return "";
}

http::Response no_image() {
  return http::text_response(404, "There is no such picture.\n");
}

}  // namespace

rt::Task<http::Response> style(Shop&, Visit& visit) {
  co_return cacheable(visit, "text/css; charset=utf-8", embedded("style.css"));
}

rt::Task<http::Response> icon(Shop&, Visit& visit) {
  co_return cacheable(visit, "image/svg+xml", embedded("favicon.svg"));
}

// GET /images/ID.svg
rt::Task<http::Response> image(Shop&, Visit& visit) {
  const std::string_view file = visit.request.param("file");
  int64_t id = 0;
  const auto [end, code] = std::from_chars(file.data(), file.data() + file.size(), id);
  const std::string_view suffix(end, static_cast<size_t>(file.data() + file.size() - end));
  if (code != std::errc() || suffix != ".svg" || id < 1 || id > kProductCount) co_return no_image();
  const std::string name = make_product(id).name;
  co_return cacheable(visit, "image/svg+xml", picture_svg(product_look(id), name));
}

}  // namespace multiaz::webnode::pages
