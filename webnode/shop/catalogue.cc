#include "webnode/shop/catalogue.h"

#include <array>

#include "base/core/check.h"
#include "base/core/random.h"
#include "webnode/shop/text.h"

namespace multiaz::webnode {

namespace {

// must never change, because orders refer to products
constexpr uint64_t kCatalogueSeed = 0x4d79436c6f746865;

using Words = std::span<const std::string_view>;

struct Colour {
  std::string_view name, hex;
};
constexpr Colour kColours[] = {
    {"Ink", "#2b3a55"},     {"Sage", "#8aa387"},   {"Terracotta", "#c4694a"},
    {"Mustard", "#d6a53a"}, {"Oat", "#cdbfa5"},    {"Charcoal", "#46494f"},
    {"Plum", "#6f3d5c"},    {"Sky", "#7fb0d3"},    {"Moss", "#66753f"},
    {"Rose", "#d58a94"},    {"Chalk", "#d9d6cd"},  {"Petrol", "#1f6470"},
    {"Cherry", "#a92c3a"},  {"Sand", "#d8b98c"},   {"Lavender", "#9d8fc1"},
    {"Forest", "#2f5a43"},  {"Rust", "#a65628"},   {"Midnight", "#1f2440"},
    {"Mint", "#9fcfb8"},    {"Cocoa", "#6b4a3a"},  {"Coral", "#e47f6a"},
    {"Slate", "#6c7a89"},   {"Butter", "#eed98a"}, {"Berry", "#8c2f5d"},
};

constexpr std::string_view kCottons[] = {"Cotton", "Organic Cotton", "Pima Cotton", "Slub Cotton"};
constexpr std::string_view kShirtings[] = {"Linen", "Poplin", "Oxford", "Flannel", "Chambray"};
constexpr std::string_view kWools[] = {"Merino", "Lambswool", "Cashmere", "Alpaca", "Cable-knit"};
constexpr std::string_view kShells[] = {"Waxed Cotton", "Denim", "Quilted", "Canvas", "Suede"};
constexpr std::string_view kCoatings[] = {"Wool", "Felted Wool", "Tweed", "Gabardine"};
constexpr std::string_view kDrapes[] = {"Viscose", "Silk", "Linen", "Jersey", "Crepe"};
constexpr std::string_view kTwills[] = {"Twill", "Denim", "Corduroy", "Linen", "Moleskin"};
constexpr std::string_view kLeathers[] = {"Leather", "Suede", "Nubuck", "Canvas"};
constexpr std::string_view kSmalls[] = {"Wool", "Cotton", "Cashmere", "Felt", "Canvas"};

constexpr std::string_view kTees[] = {"Crew Tee", "V-neck Tee", "Pocket Tee", "Boxy Tee"};
constexpr std::string_view kShirts[] = {"Shirt", "Button-down", "Overshirt", "Camp Shirt"};
constexpr std::string_view kSweaters[] = {"Jumper", "Cardigan", "Roll-neck", "Crew-neck"};
constexpr std::string_view kJackets[] = {"Jacket", "Blouson", "Chore Jacket", "Bomber"};
constexpr std::string_view kCoats[] = {"Coat", "Overcoat", "Duffle Coat", "Trench"};
constexpr std::string_view kDresses[] = {"Wrap Dress", "Shirt Dress", "Slip Dress", "Tea Dress"};
constexpr std::string_view kSkirts[] = {"A-line Skirt", "Pleated Skirt", "Midi Skirt"};
constexpr std::string_view kTrousers[] = {"Trousers", "Chinos", "Wide-leg Trousers", "Jeans"};
constexpr std::string_view kShorts[] = {"Shorts", "Bermudas", "Drawstring Shorts"};
constexpr std::string_view kShoes[] = {"Trainers", "Derbies", "Loafers", "Chelsea Boots"};
constexpr std::string_view kHats[] = {"Beanie", "Cap", "Bucket Hat"};
constexpr std::string_view kScarves[] = {"Scarf", "Stole", "Snood"};
constexpr std::string_view kSocks[] = {"Socks", "Boot Socks", "Ankle Socks"};
constexpr std::string_view kBags[] = {"Tote", "Satchel", "Rucksack"};

constexpr std::string_view kLetterSizes[] = {"XS", "S", "M", "L", "XL", "XXL"};
constexpr std::string_view kShoeSizes[] = {"37", "38", "39", "40", "41", "42", "43", "44", "45"};
constexpr std::string_view kSockSizes[] = {"36-38", "39-41", "42-44"};
constexpr std::string_view kOneSize[] = {"One size"};

struct Kind {
  Shape shape;
  std::string_view category;
  Words materials, nouns, sizes;
  int64_t price_low, price_high;  // in whole euros
};
const Kind kKinds[] = {
    {Shape::kTee, "t-shirts", kCottons, kTees, kLetterSizes, 15, 45},
    {Shape::kShirt, "shirts", kShirtings, kShirts, kLetterSizes, 39, 99},
    {Shape::kSweater, "knitwear", kWools, kSweaters, kLetterSizes, 59, 189},
    {Shape::kJacket, "jackets", kShells, kJackets, kLetterSizes, 89, 249},
    {Shape::kCoat, "coats", kCoatings, kCoats, kLetterSizes, 149, 399},
    {Shape::kDress, "dresses", kDrapes, kDresses, kLetterSizes, 59, 179},
    {Shape::kSkirt, "skirts", kDrapes, kSkirts, kLetterSizes, 45, 119},
    {Shape::kTrousers, "trousers", kTwills, kTrousers, kLetterSizes, 55, 139},
    {Shape::kShorts, "trousers", kTwills, kShorts, kLetterSizes, 35, 79},
    {Shape::kShoe, "shoes", kLeathers, kShoes, kShoeSizes, 79, 229},
    {Shape::kHat, "accessories", kSmalls, kHats, kOneSize, 19, 59},
    {Shape::kScarf, "accessories", kSmalls, kScarves, kOneSize, 25, 119},
    {Shape::kSocks, "accessories", kSmalls, kSocks, kSockSizes, 9, 25},
    {Shape::kBag, "accessories", kLeathers, kBags, kOneSize, 49, 199},
};

constexpr Category kCategories[] = {
    {"t-shirts", "T-shirts"},       {"shirts", "Shirts"},     {"knitwear", "Knitwear"},
    {"jackets", "Jackets"},         {"coats", "Coats"},       {"dresses", "Dresses"},
    {"skirts", "Skirts"},           {"trousers", "Trousers"}, {"shoes", "Shoes"},
    {"accessories", "Accessories"},
};

constexpr std::string_view kFits[] = {
    "Cut a little loose, so that it layers well.",
    "A clean, regular fit.",
    "Slim through the body, easy at the shoulder.",
    "Relaxed, with room to move.",
    "Made to last, and to be mended.",
};
// For garments that have no fit.
constexpr std::string_view kTouches[] = {
    "Made to last, and to be mended.", "Finished by hand.", "Light in the hand, and sturdy.",
    "Goes with everything else here.", "Better with age.",
};
constexpr std::string_view kCares[] = {
    "Wash cold, dry flat.",
    "Gets softer with every wash.",
    "Wash at 30 degrees, iron warm.",
    "Brush rather than wash.",
    "Air it overnight and it is as new.",
};
constexpr std::string_view kPatternWords[] = {"", "Striped ", "Dotted ", "Checked "};

std::string capital_first(std::string text) {
  text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

// The choices that make one garment; they are always drawn in this order.
struct Draft {
  const Kind* kind;
  const Colour* colour;
  std::string_view material, noun, fit, care;
  Pattern pattern;
  int64_t price_cents;
};

template <typename List>
const auto& pick(Random& random, const List& list) {
  return list[random.below(std::size(list))];
}

bool is_fitted(Shape shape) {
  return shape < Shape::kShoe;
}

Draft draft(int64_t id) {
  CHECK(id >= 1 && id <= kProductCount);
  Random random(kCatalogueSeed ^ (static_cast<uint64_t>(id) * 0x9e3779b97f4a7c15ULL));
  Draft out{};
  out.kind = &pick(random, kKinds);
  out.colour = &pick(random, kColours);
  out.material = pick(random, out.kind->materials);
  out.noun = pick(random, out.kind->nouns);
  out.fit = is_fitted(out.kind->shape) ? pick(random, kFits) : pick(random, kTouches);
  out.care = pick(random, kCares);
  const uint64_t pattern = random.below(8);
  out.pattern = pattern < 4 ? static_cast<Pattern>(pattern) : Pattern::kPlain;
  const auto low = static_cast<uint64_t>(out.kind->price_low);
  const auto high = static_cast<uint64_t>(out.kind->price_high);
  out.price_cents = static_cast<int64_t>(random.between(low, high)) * 100 - 5;
  return out;
}

}  // namespace

std::span<const Category> categories() {
  return kCategories;
}

bool is_category(std::string_view name) {
  for (const Category& category : kCategories) {
    if (category.name == name) return true;
  }
  return false;
}

Product make_product(int64_t id) {
  const Draft made = draft(id);
  Product product;
  product.id = id;
  const std::string pattern(kPatternWords[static_cast<size_t>(made.pattern)]);
  const std::string material(made.material);
  product.name =
      std::string(made.colour->name) + " " + pattern + material + " " + std::string(made.noun);
  product.category = made.kind->category;
  product.colour = made.colour->name;
  product.description = capital_first(lower_ascii(pattern + material)) + ", in " +
                        lower_ascii(product.colour) + ". " + std::string(made.fit) + " " +
                        std::string(made.care);
  for (const std::string_view size : made.kind->sizes) product.sizes.emplace_back(size);
  product.price_cents = made.price_cents;
  return product;
}

Look product_look(int64_t id) {
  const Draft made = draft(id);
  Look look;
  look.shape = made.kind->shape;
  look.pattern = made.pattern;
  look.colour = made.colour->hex;
  return look;
}

int64_t initial_stock(int64_t id, size_t size_index) {
  return 5000 + (id * 37 + static_cast<int64_t>(size_index) * 911) % 5000;
}

std::string join_sizes(const std::vector<std::string>& sizes) {
  std::string out;
  for (const std::string& size : sizes) out += (out.empty() ? "" : ",") + size;
  return out;
}

std::vector<std::string> split_sizes(std::string_view text) {
  std::vector<std::string> sizes;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    sizes.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return sizes;
}

}  // namespace multiaz::webnode
