package io.tributary.server.config;

import java.util.List;

/**
 * A configuration that was read.
 *
 * @param config what the hub is told
 * @param settings every key with its value and where that came from, in a fixed order
 * @param warnings what is allowed and likely not meant
 */
public record LoadedConfig(HubConfig config, List<Setting> settings, List<String> warnings) {
  public LoadedConfig {
    settings = List.copyOf(settings);
    warnings = List.copyOf(warnings);
  }

  /**
   * The effective values as a config file, each with where it came from, secrets masked. Ends in a
   * line break.
   */
  public String print() {
    int width = settings.stream()
        .mapToInt(s -> line(s).length())
        .filter(n -> n <= 60)
        .max()
        .orElse(0);
    StringBuilder text = new StringBuilder();
    for (Setting setting : settings) {
      String line = line(setting);
      text.append(line)
          .append(" ".repeat(Math.max(0, width - line.length())))
          .append("  # ")
          .append(setting.origin())
          .append('\n');
    }
    return text.toString();
  }

  private static String line(Setting setting) {
    return setting.value().isEmpty()
        ? "# " + setting.key() + ": none"
        : setting.key() + ": " + setting.value();
  }
}
