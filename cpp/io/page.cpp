// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/page.hpp"

#include "cpp/core/version.hpp"
#include "cpp/io/html.hpp"
#include "cpp/io/report_style.hpp"

namespace anamorph::page {

using html::escape;

std::string head(const std::string& title) {
  std::string text = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  text += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  text += "<meta name=\"color-scheme\" content=\"light dark\">\n<title>" + escape(title) + "</title>\n<style>";
  text += style_sheet;
  return text + "</style>\n</head>\n<body>\n<main>\n";
}

std::string foot() {
  return "<footer>Anamorph " + std::string(version) + ", commit " + escape(commit) +
         "</footer>\n</main>\n</body>\n</html>\n";
}

std::string with_unit(const std::string& value, const std::string& unit) {
  return unit.empty() ? value : value + "\u202f" + unit;
}

std::string card(const std::string& label, const std::string& value, const std::string& unit, const std::string& note) {
  return "<div class=\"card\"><span>" + escape(label) + "</span><b>" + value +
         (unit.empty() ? "" : " <small>" + escape(unit) + "</small>") + "</b>" +
         (note.empty() ? "" : "<span>" + escape(note) + "</span>") + "</div>\n";
}

std::string key_area(const std::string& label, const char* colour) {
  return "<span><i style=\"background:" + std::string(colour) + "\"></i>" + escape(label) + "</span>";
}
std::string key_line(const std::string& label, const std::string& colour, const char* ground) {
  return "<span><i class=\"" + std::string(ground) + "\" style=\"background-image:linear-gradient(" + colour + "," +
         colour + ");background-size:100% 2px;background-position:center;background-repeat:no-repeat\"></i>" +
         escape(label) + "</span>";
}

std::string figure(const std::string& id, const std::string& title, const std::string& svg,
                   const std::string& caption) {
  return "<figure id=\"" + id + "\"><div class=\"head\"><h3 id=\"at-" + id + "\">" + escape(title) +
         "</h3><a class=\"open\" href=\"#" + id + "\">Enlarge</a><a class=\"close\" href=\"#at-" + id +
         "\">Close</a></div>\n" + svg + "\n<figcaption>" + caption + "</figcaption></figure>\n";
}

std::string panel(const std::string& title, const std::string& table) {
  return "<div class=\"panel\"><h3>" + title + "</h3>\n<table>" + table + "</table></div>\n";
}

std::string cell(const std::string& value, const char* style) {
  return "<td class=\"" + std::string(style) + "\">" + value + "</td>";
}

std::string column(const std::string& name, const char* style) {
  return "<th class=\"" + std::string(style) + "\">" + escape(name) + "</th>";
}

std::string folded(const std::string& title, const std::string& rows) {
  return "<div class=\"panel whole\"><details><summary>" + escape(title) + "</summary><table>" + rows +
         "</table></details></div>\n";
}

std::string bullets(const std::vector<std::string>& texts) {
  if (texts.empty()) return {};
  std::string out = "<ul class=\"said\">";
  for (const std::string& text : texts) out += "<li>" + escape(text) + "</li>";
  return out + "</ul>\n";
}

std::string stack(const std::string& parts) {
  return parts.empty() ? "" : "<div class=\"stack\">" + parts + "</div>\n";
}

std::string section(const std::string& title, const std::string& parts) {
  return parts.empty() ? "" : "<h2>" + title + "</h2>\n<section class=\"columns\">\n" + parts + "</section>\n";
}

std::string warnings(const std::vector<std::string>& texts) {
  if (texts.empty()) return {};
  std::string out = "<ul class=\"warnings\">";
  for (const std::string& text : texts) out += "<li>" + escape(text) + "</li>";
  return out + "</ul>\n";
}

std::string provenance(const std::vector<Fact>& facts, const std::string& recipe) {
  std::string out;
  if (!facts.empty()) {
    std::string rows;
    for (const Fact& f : facts)
      rows += "<tr><td>" + escape(f.label) + "</td><td class=\"wide\">" + escape(f.value) + "</td></tr>\n";
    out += panel("Provenance", rows);
  }
  if (!recipe.empty())
    out += "<div class=\"panel\"><details><summary>Resolved recipe</summary><pre>" + escape(recipe) +
           "</pre></details></div>\n";
  return section("Origin", out);
}

}  // namespace anamorph::page
