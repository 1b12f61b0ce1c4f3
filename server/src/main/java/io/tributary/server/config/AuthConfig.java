package io.tributary.server.config;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who gets in.
 *
 * @param tokens the rule of each tenant; {@link #ANY_TENANT} stands for the tenants without one of
 *     their own. Empty with a null {@code tokensFile} = open.
 * @param tokensFile a file with more rules, reloaded on change, see {@link TokensFile}
 * @param allowQueryToken whether {@code ?token=} counts
 */
public record AuthConfig(
    Map<String, TokenRule> tokens, @Nullable Path tokensFile, boolean allowQueryToken) {
  /** The tenant name of the rule for tenants without a rule of their own. */
  public static final String ANY_TENANT = "*";

  public AuthConfig {
    tokens = Collections.unmodifiableMap(new LinkedHashMap<>(tokens));
  }

  /** Open: no tokens. */
  public static AuthConfig defaults() {
    return new AuthConfig(Map.of(), null, false);
  }

  /** These rules and nothing else. */
  public static AuthConfig of(Map<String, TokenRule> tokens) {
    return new AuthConfig(tokens, null, false);
  }
}
