package io.tributary.server.access;

import io.netty.handler.codec.http.QueryStringDecoder;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that a request carries, by carrier. Empty ones count as absent.
 *
 * @param bearer of {@code Authorization: Bearer}
 * @param subprotocol the first entry of {@code Sec-WebSocket-Protocol} that starts with {@link
 *     #SUBPROTOCOL_PREFIX}, whole
 * @param query of {@code ?token=}
 * @param otherScheme whether {@code Authorization} has another scheme
 */
record Credentials(
    @Nullable String bearer,
    @Nullable String subprotocol,
    @Nullable String query,
    boolean otherScheme) {
  static final String SUBPROTOCOL_PREFIX = "sync-auth.";
  private static final String BEARER = "Bearer";

  static Credentials of(MultiMap headers, @Nullable String query) {
    String authorization = headers.get(HttpHeaders.AUTHORIZATION);
    String bearer = null;
    boolean otherScheme = false;
    if (authorization != null) {
      String[] parts = authorization.trim().split("\\s+", 2);
      if (parts[0].equalsIgnoreCase(BEARER)) {
        bearer = parts.length == 2 ? parts[1] : null;
      } else {
        otherScheme = true;
      }
    }
    String subprotocol = offeredSubprotocols(headers).stream()
        .filter(p -> p.startsWith(SUBPROTOCOL_PREFIX))
        .findFirst()
        .filter(p -> p.length() > SUBPROTOCOL_PREFIX.length())
        .orElse(null);
    return new Credentials(bearer, subprotocol, queryToken(query), otherScheme);
  }

  /** What {@code Sec-WebSocket-Protocol} offers, in order. */
  static List<String> offeredSubprotocols(MultiMap headers) {
    List<String> offered = new ArrayList<>();
    for (String line : headers.getAll("Sec-WebSocket-Protocol")) {
      Arrays.stream(line.split(","))
          .map(String::trim)
          .filter(p -> !p.isEmpty())
          .forEach(offered::add);
    }
    return offered;
  }

  /** The token in {@link #subprotocol}. */
  @Nullable
  String subprotocolToken() {
    return subprotocol == null ? null : subprotocol.substring(SUBPROTOCOL_PREFIX.length());
  }

  private static @Nullable String queryToken(@Nullable String query) {
    if (query == null) {
      return null;
    }
    try {
      List<String> tokens = new QueryStringDecoder(query, StandardCharsets.UTF_8, false)
          .parameters()
          .getOrDefault("token", List.of());
      return tokens.isEmpty() || tokens.get(0).isEmpty() ? null : tokens.get(0);
    } catch (IllegalArgumentException e) {
      // a percent sign without two hex digits: not a token of ours
      return null;
    }
  }

  @Override
  public String toString() {
    return "Credentials[****]";
  }
}
