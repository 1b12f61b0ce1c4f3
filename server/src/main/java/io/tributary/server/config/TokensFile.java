package io.tributary.server.config;

import io.tributary.server.config.YamlReader.NotYamlException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A file of token rules, YAML or JSON: {@code tenant: token} or {@code tenant: {token, readOnly,
 * identities}}, as under {@code auth.tokens}.
 */
public final class TokensFile {
  private static final long MAX_BYTES = 16 << 20;

  private TokensFile() {}

  /**
   * Reads the file; blocks. A file with nothing in it has no rules.
   *
   * @throws ConfigException naming every problem, without any token, if the file cannot be read or a
   *     rule is wrong
   */
  public static Map<String, TokenRule> read(Path file) {
    Reading reading = new Reading(new Secrets(System.getenv()));
    Optional<Map<String, TokenRule>> rules = read(file, reading);
    if (!reading.problems().isEmpty()) {
      throw new ConfigException(reading.problems());
    }
    return rules.orElseThrow();
  }

  static Optional<Map<String, TokenRule>> read(Path file, Reading reading) {
    String key = Keys.AUTH_TOKENS_FILE.name();
    String name = String.valueOf(file.getFileName());
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new IOException("it is larger than 16 MiB");
      }
      Optional<Value> value =
          YamlReader.read(Files.readString(file), line -> name + " line " + line);
      return value.isEmpty()
          ? Optional.of(Map.of())
          : ValueTypes.TOKENS.read(key, value.get(), reading);
    } catch (IOException e) {
      reading.problem(key + ": found " + file + ", but that file cannot be read: " + Reasons.of(e));
    } catch (NotYamlException e) {
      reading.problem(key + ": found " + file + ", but that is not YAML: " + e.getMessage());
    }
    return Optional.empty();
  }

  /** Whether a token is asked for in {@code tenant}. */
  static boolean applies(List<Map<String, TokenRule>> rules, String tenant) {
    return rules.stream()
        .anyMatch(r -> r.containsKey(tenant) || r.containsKey(AuthConfig.ANY_TENANT));
  }
}
