package io.tributary.server.access;

import io.tributary.server.config.Loopback;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Host names as requests give them. */
public final class Hosts {
  private static final Pattern AUTHORITY =
      Pattern.compile("([A-Za-z0-9._~-]+|\\[[0-9A-Fa-f:.]+])(?::[0-9]{0,5})?");

  private Hosts() {}

  /**
   * Whether a request to a listener on loopback was meant for it. A page of another site can make a
   * browser connect here under its own name (DNS rebinding); its name is then in the request.
   *
   * @param header the request's {@code Host}; null = none
   * @param listed further names, as {@link #listed} gives them
   */
  public static boolean isMeantForLoopback(@Nullable String header, Set<String> listed) {
    return header != null
        && nameIn(header)
            .filter(name -> Loopback.is(name)
                || name.endsWith(".localhost")
                || listed.contains(name)
                || listed.contains(header.toLowerCase(Locale.ROOT)))
            .isPresent();
  }

  /**
   * Configured names, with or without a port or scheme, as they are compared: in lower case, without
   * a slash at the end.
   */
  public static Set<String> listed(List<String> names) {
    return names.stream()
        .map(name -> name.toLowerCase(Locale.ROOT).replaceFirst("/$", ""))
        .collect(Collectors.toUnmodifiableSet());
  }

  /** The name in {@code name[:port]}, in lower case; empty if it is not of that form. */
  static Optional<String> nameIn(@Nullable String authority) {
    if (authority == null) {
      return Optional.empty();
    }
    Matcher matcher = AUTHORITY.matcher(authority);
    return matcher.matches()
        ? Optional.of(withoutBrackets(matcher.group(1).toLowerCase(Locale.ROOT)))
        : Optional.empty();
  }

  private static String withoutBrackets(String host) {
    return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
  }
}
