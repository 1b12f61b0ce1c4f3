package io.tributary.storage.postgres;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** Puts the names of our tables and functions, with schema and prefix, into SQL. */
record Names(String schema, String prefix) {
  private static final Pattern PLACEHOLDER = Pattern.compile("@([a-z_]+)");

  /** With {@code @name} as {@code "schema"."prefix_name"}. Both consist of letters, digits, _. */
  String in(String sql) {
    return PLACEHOLDER.matcher(sql).replaceAll("\"" + schema + "\".\"" + prefix + "$1\"");
  }

  /** The script that leads to that version of the schema. */
  String script(int version) throws IOException {
    String name = "schema-" + version + ".sql";
    try (InputStream in = Names.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new FileNotFoundException(name);
      }
      return in(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }
}
