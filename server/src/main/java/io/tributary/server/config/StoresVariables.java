package io.tributary.server.config;

import io.tributary.client.stores.StoresOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The environment variables by which the npm package effect-claude-agent-sdk is told about stores, with
 * and without its own prefix: values of keys of ours.
 */
final class StoresVariables {
  /** The prefix that the package puts before them unless it is told another one. */
  private static final String PREFIX = "AGENTSDK_";

  private static final String SYNC_INTERVAL = "STORAGE_SYNC_INTERVAL";

  private StoresVariables() {}

  /** The values that are set, by key; what is wrong is said in {@code reading}. */
  static Map<String, Value> values(Map<String, String> environment, Reading reading) {
    Map<String, String> names = new LinkedHashMap<>();
    StoresOptions.environmentNames().forEach((key, name) -> names.put("stores." + key, name));
    names.put(Keys.REMOTE_SYNC_INTERVAL.name(), SYNC_INTERVAL);
    Map<String, Value> values = new LinkedHashMap<>();
    names.forEach((key, name) -> {
      List<Value.Text> found = new ArrayList<>();
      for (String variable : List.of(name, PREFIX + name)) {
        String text = environment.get(variable);
        if (text != null) {
          found.add(new Value.Text(word(key, text.strip()), true, variable));
        }
      }
      if (found.size() == 2 && !found.get(0).text().equals(found.get(1).text())) {
        reading.refuse(
            key,
            found.get(0).found() + " and " + found.get(1).found(),
            name + ", " + PREFIX + name,
            "one value in both");
      } else if (!found.isEmpty()) {
        values.put(key, found.get(0));
      }
    });
    return values;
  }

  /** As the package's own reader, this one knows several words for true and false. */
  private static String word(String key, String text) {
    if (Keys.named(key).orElseThrow().type() != ValueTypes.BOOLEAN) {
      return text;
    }
    return switch (text) {
      case "yes", "on", "1" -> "true";
      case "no", "off", "0" -> "false";
      default -> text;
    };
  }
}
