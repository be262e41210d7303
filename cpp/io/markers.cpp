// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/markers.hpp"

#include <cmath>
#include <cstdio>

#include "cpp/io/html.hpp"

namespace anamorph {

namespace {

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value + 0.0);
  return text;
}

/// A word of KLayout's own syntax, in quotes, its quotes and backslashes escaped.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

/// Element content: what XML keeps for itself, and control characters, which it does not allow.
std::string xml(const std::string& text) {
  std::string plain;
  for (const char c : text) plain += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  return html::escape(plain);
}

std::string cell_text(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

std::string category(const MarkerKind& kind, const std::string& indent) {
  std::string out = indent + "<category>\n" + indent + " <name>" + xml(kind.name) + "</name>\n" + indent +
                    " <description>" + xml(kind.description) + "</description>\n" + indent + " <categories>\n";
  for (const MarkerKind& group : kind.groups) out += category(group, indent + "  ");
  return out + indent + " </categories>\n" + indent + "</category>\n";
}

std::string um(const Point& p) { return fixed(p.x * 1e-3, 7) + "," + fixed(p.y * 1e-3, 7); }

}  // namespace

std::string markers_lyrdb(const std::string& top_cell, const std::string& description,
                          const std::vector<MarkerKind>& kinds, const std::vector<Marker>& markers) {
  std::string out = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<report-database>\n <description>" + xml(description) +
                    "</description>\n <original-file/>\n <generator>anamorph</generator>\n <top-cell>" + xml(top_cell) +
                    "</top-cell>\n <tags>\n </tags>\n <categories>\n";
  for (const MarkerKind& kind : kinds) out += category(kind, "  ");
  out += " </categories>\n <cells>\n  <cell>\n   <name>" + xml(top_cell) +
         "</name>\n   <variant/>\n   <references>\n   </references>\n  </cell>\n </cells>\n <items>\n";
  for (const Marker& m : markers)
    out += "  <item>\n   <tags/>\n   <category>" + xml(quoted(m.kind) + (m.group.empty() ? "" : "." + quoted(m.group))) +
           "</category>\n   <cell>" + xml(top_cell) +
           "</cell>\n   <visited>false</visited>\n   <multiplicity>1</multiplicity>\n   <image/>\n" +
           "   <values>\n    <value>" + (m.box ? "box: (" : "edge: (") + um(m.from) + ";" + um(m.to) +
           ")</value>" +
           (std::isnan(m.value_nm) ? "" : "\n    <value>float: " + fixed(m.value_nm, 6) + "</value>") +
           "\n    <value>text: " + xml(quoted(m.text)) + "</value>\n   </values>\n  </item>\n";
  return out + " </items>\n</report-database>\n";
}

std::string markers_csv(const std::vector<Marker>& markers) {
  std::string out = "kind,x0_nm,y0_nm,x1_nm,y1_nm,value_nm,text\n";
  for (const Marker& m : markers) {
    out += cell_text(m.kind);
    for (const double v : {m.from.x, m.from.y, m.to.x, m.to.y, m.value_nm}) out += "," + fixed(v, 4);
    out += "," + cell_text(m.text) + "\n";
  }
  return out;
}

}  // namespace anamorph
