#include "webnode/shop/picture.h"

#include <string_view>

namespace multiaz::webnode {

namespace {

// The canvas has 400 x 480 units: the silhouette is filled, the lines are drawn over it.
struct Drawing {
  std::string_view silhouette, lines;
};
constexpr Drawing kDrawings[] = {
    // tee
    {"M140 104 L172 92 Q200 124 228 92 L260 104 Q296 122 328 178 L284 208 L266 184 Q262 290 270 "
     "384 "
     "Q200 400 130 384 Q138 290 134 184 L116 208 L72 178 Q104 122 140 104Z",
     "M172 92 Q200 132 228 92 M134 184 L140 150 M266 184 L260 150 M132 372 Q200 388 268 372"},
    // shirt
    {"M146 96 L176 82 L200 98 L224 82 L254 96 Q290 112 304 168 L338 338 L302 348 L268 212 L272 398 "
     "Q200 410 128 398 L132 212 L98 348 L62 338 L96 168 Q110 112 146 96Z",
     "M176 82 L168 118 L200 100 L232 118 L224 82 M200 100 L200 404 M212 150 h1 M212 200 h1 "
     "M212 250 h1 M212 300 h1 M212 350 h1 M132 212 L136 160 M268 212 L264 160 M222 168 h34 v40 "
     "h-34z "
     "M66 322 L102 332 M334 322 L298 332"},
    // sweater
    {"M150 100 Q200 84 250 100 Q292 116 308 176 L340 344 L298 354 L268 224 L272 392 Q200 404 128 "
     "392 "
     "L132 224 L102 354 L60 344 L92 176 Q108 116 150 100Z",
     "M162 97 Q200 128 238 97 M156 99 Q200 142 244 99 M128 372 Q200 384 272 372 M64 326 L106 336 "
     "M336 326 L294 336 M132 224 L138 160 M268 224 L262 160 M180 160 q8 14 0 28 q-8 14 0 28 "
     "q8 14 0 28 q-8 14 0 28 q8 14 0 28 M220 160 q-8 14 0 28 q8 14 0 28 q-8 14 0 28 q8 14 0 28 "
     "q-8 14 0 28"},
    // jacket
    {"M142 96 L174 84 L226 84 L258 96 Q292 112 306 168 L336 330 L296 340 L268 216 L270 362 Q200 "
     "372 "
     "130 362 L132 216 L104 340 L64 330 L94 168 Q108 112 142 96Z",
     "M174 84 L164 120 L200 146 L236 120 L226 84 M200 146 L200 368 M150 262 l34 8 v44 l-34 -4z "
     "M250 262 l-34 8 v44 l34 -4z M130 346 Q200 356 270 346 M132 216 L138 158 M268 216 L262 158"},
    // coat
    {"M144 82 L176 70 L224 70 L256 82 Q290 98 304 156 L334 340 L296 348 L266 208 L284 440 Q200 452 "
     "116 440 L134 208 L104 348 L66 340 L96 156 Q110 98 144 82Z",
     "M176 70 L156 128 L200 196 L244 128 L224 70 M200 196 L200 446 M184 226 h1 M184 272 h1 M184 "
     "318 h1 "
     "M216 226 h1 M216 272 h1 M216 318 h1 M138 320 l36 6 M262 320 l-36 6 M134 208 L140 150 "
     "M266 208 L260 150"},
    // dress
    {"M164 84 L180 76 Q200 112 220 76 L236 84 Q238 128 254 148 Q246 184 240 212 L300 420 Q200 446 "
     "100 "
     "420 L160 212 Q154 184 146 148 Q162 128 164 84Z",
     "M160 212 Q200 222 240 212 M180 76 Q200 122 220 76 M180 222 Q160 320 146 426 M200 226 L200 "
     "434 "
     "M220 222 Q240 320 254 426"},
    // skirt
    {"M146 120 L254 120 L262 146 Q300 270 322 384 Q200 416 78 384 Q100 270 138 146Z",
     "M138 146 Q200 156 262 146 M170 152 Q150 270 136 394 M200 154 L200 402 M230 152 Q250 270 264 "
     "394"},
    // trousers
    {"M140 76 L260 76 L268 110 L290 426 L222 432 L202 200 L198 200 L178 432 L110 426 L132 110Z",
     "M134 104 L266 104 M200 104 L200 200 M152 104 Q150 140 130 150 M248 104 Q250 140 270 150 "
     "M166 210 L150 424 M234 210 L250 424 M112 410 L180 416 M288 410 L220 416"},
    // shorts
    {"M140 130 L260 130 L268 160 L292 316 L214 326 L202 232 L198 232 L186 326 L108 316 L132 160Z",
     "M135 156 L265 156 M200 156 L200 232 M152 156 Q150 190 130 198 M248 156 Q250 190 270 198 "
     "M110 302 L188 312 M290 302 L212 312 M192 140 q-8 30 -4 40 M208 140 q8 30 4 40"},
    // shoe
    {"M84 214 Q112 232 148 206 Q176 196 196 226 Q236 262 296 272 Q332 280 334 316 L334 334 L72 334 "
     "Q66 268 84 214Z",
     "M72 316 L334 316 M176 222 L206 204 M192 242 L222 224 M212 258 L240 240 M232 270 L256 254 "
     "M84 214 Q90 262 130 268 Q160 270 180 316 M296 272 Q282 292 286 316"},
    // hat
    {"M112 284 Q106 156 200 142 Q294 156 288 284 Q316 290 312 322 Q200 348 88 322 Q84 290 112 284Z",
     "M112 284 Q200 306 288 284 M200 142 L200 296 M156 154 Q144 220 148 292 M244 154 Q256 220 252 "
     "292 "
     "M190 140 a10 10 0 1 1 20 0"},
    // scarf
    {"M120 96 Q200 66 280 96 Q298 130 278 156 L292 420 L228 424 L222 178 Q170 186 122 156 Q104 130 "
     "120 96Z",
     "M124 120 Q200 92 276 120 M222 178 Q256 172 278 156 M230 388 L291 384 M238 424 v16 M254 423 "
     "v16 "
     "M270 422 v16 M284 421 v16 M140 106 Q200 140 262 104"},
    // socks
    {"M150 84 L214 84 L216 268 Q220 290 252 306 Q304 330 296 364 Q280 388 222 376 Q160 362 146 "
     "316Z",
     "M149 108 L214 108 M150 124 L215 124 M216 268 Q176 280 147 318 M262 312 Q244 340 258 378"},
    // bag
    {"M104 196 L296 196 Q306 196 308 208 L322 392 Q322 408 306 408 L94 408 Q78 408 78 392 L92 208 "
     "Q94 "
     "196 104 196Z",
     "M144 218 L144 176 Q148 112 200 112 Q252 112 256 176 L256 218 M88 250 Q200 286 312 250 M186 "
     "262 "
     "h28 v30 h-28z"},
};

std::string_view pattern_fill(Pattern pattern) {
  switch (pattern) {
    case Pattern::kStripes: return "<path d='M0 6H24M0 18H24' stroke='#fff' stroke-width='4'/>";
    case Pattern::kDots:
      return "<circle cx='6' cy='6' r='3' fill='#fff'/><circle cx='18' cy='18' r='3' fill='#fff'/>";
    case Pattern::kChecks:
      return "<path d='M0 12H24M12 0V24' stroke='#fff' stroke-width='7' stroke-opacity='.6'/>";
    case Pattern::kPlain: break;
  }
  return "";
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '&')
      out += "&amp;";
    else
      out += c;
  }
  return out;
}

}  // namespace

std::string picture_svg(const Look& look, std::string_view title) {
  const Drawing& drawing = kDrawings[static_cast<size_t>(look.shape)];
  const std::string colour(look.colour);
  const std::string outline(drawing.silhouette);
  std::string svg =
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 400 480' role='img'><title>" +
      escaped(title) +
      "</title><defs><radialGradient id='b' cx='.5' cy='.4' r='.8'>"
      "<stop offset='0' stop-color='#fbfaf7'/><stop offset='1' stop-color='" +
      colour +
      "' stop-opacity='.28'/></radialGradient><linearGradient id='s' x1='0' x2='1' y1='0' y2='1'>"
      "<stop offset='0' stop-color='#fff' stop-opacity='.28'/><stop offset='.55' stop-color='#fff' "
      "stop-opacity='0'/><stop offset='1' stop-color='#000' stop-opacity='.22'/></linearGradient>"
      "<pattern id='p' width='24' height='24' patternUnits='userSpaceOnUse'>";
  svg += pattern_fill(look.pattern);
  svg +=
      "</pattern></defs><rect width='400' height='480' fill='#f6f3ee'/>"
      "<rect width='400' height='480' fill='url(#b)'/>"
      "<ellipse cx='200' cy='446' rx='118' ry='11' fill='#000' opacity='.1'/>";
  svg += "<path d='" + outline + "' fill='" + colour + "'/>";
  if (look.pattern != Pattern::kPlain) {
    svg += "<path d='" + outline + "' fill='url(#p)' opacity='.45'/>";
  }
  svg += "<path d='" + outline +
         "' fill='url(#s)'/><g fill='none' stroke='#1d1b19' "
         "stroke-linejoin='round' stroke-linecap='round'><path d='" +
         outline + "' stroke-width='3' stroke-opacity='.55'/><path d='";
  svg += drawing.lines;
  svg += "' stroke-width='2.5' stroke-opacity='.35'/></g></svg>";
  return svg;
}

}  // namespace multiaz::webnode
