package io.tributary.server.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The admin listener.
 *
 * @param host address to bind to
 * @param port 0 = any free one
 * @param token the bearer token asked for; null = the one in {@code tokenFile}
 * @param tokenFile where the token is kept, made at first start; null with a null token = the
 *     listener is off
 */
public record AdminConfig(
    String host, int port, @Nullable String token, @Nullable Path tokenFile) {
  /** 127.0.0.1:8789, its token in the default data directory. */
  public static AdminConfig defaults() {
    return new AdminConfig(
        "127.0.0.1", 8789, null, StorageConfig.DEFAULT_DIR.resolve(TOKEN_FILE_NAME));
  }

  static final String TOKEN_FILE_NAME = "admin-token";

  @Override
  public String toString() {
    return "AdminConfig[host="
        + host
        + ", port="
        + port
        + ", token="
        + (token == null ? "none" : TokenRule.MASK)
        + ", tokenFile="
        + tokenFile
        + "]";
  }
}
