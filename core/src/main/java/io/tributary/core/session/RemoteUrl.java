package io.tributary.core.session;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a hub's WebSocket is.
 *
 * @param host name or address, without the brackets of an IPv6 one
 * @param port the port, given or implied by the scheme
 * @param path the raw path with its query, beginning with a slash
 * @param tls whether the scheme is {@code wss}
 */
public record RemoteUrl(String host, int port, String path, boolean tls) {
  private static final String ROUTE = "/event-log";
  private static final Pattern TENANT = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  /**
   * Makes the URL of a tenant's event log from what a person gives: {@code http} becomes {@code ws}
   * and {@code https} becomes {@code wss}; an empty path becomes {@code /event-log}; there the tenant
   * is appended; any other path is kept as it is.
   *
   * @param base with scheme ws, wss, http or https
   * @param tenant only needed if {@code base} does not name it
   * @throws IllegalArgumentException saying what is wrong with the two
   */
  public static RemoteUrl build(String base, @Nullable String tenant) {
    URI uri = parse(base);
    if (!lacksTenant(uri)) {
      return of(uri, base, uri.getRawPath());
    }
    if (tenant == null) {
      throw new IllegalArgumentException("a tenant is needed with "
          + shown(base)
          + ": name it, or end the URL in /event-log/TENANT");
    }
    if (!TENANT.matcher(tenant).matches()) {
      throw new IllegalArgumentException("invalid tenant '"
          + tenant
          + "': 1 to 128 of A-Z a-z 0-9 . _ -, the first a letter or digit");
    }
    return of(uri, base, ROUTE + "/" + tenant);
  }

  /**
   * The same for a server without tenants: an empty path becomes {@code /event-log}; any other is kept
   * as it is.
   *
   * @throws IllegalArgumentException saying what is wrong with the URL
   */
  public static RemoteUrl withoutTenant(String base) {
    URI uri = parse(base);
    return of(uri, base, lacksTenant(uri) ? ROUTE : uri.getRawPath());
  }

  private static URI parse(String base) {
    try {
      URI uri = new URI(base);
      // Before anything is missed in a URL of something else.
      boolean unusedTls = isTls(uri.getScheme(), base);
      return uri;
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(
          "not a URL: " + shown(base) + " (" + e.getReason() + ")", e);
    }
  }

  private static boolean lacksTenant(URI uri) {
    String path = uri.getRawPath();
    return path == null
        || path.isEmpty()
        || path.equals("/")
        || path.equals(ROUTE)
        || path.equals(ROUTE + "/");
  }

  private static RemoteUrl of(URI uri, String base, String path) {
    boolean tls = isTls(uri.getScheme(), base);
    String host = uri.getHost();
    if (host == null) {
      throw new IllegalArgumentException("no host in the URL " + shown(base)
          + "; expected for example ws://127.0.0.1:8787/event-log/TENANT");
    }
    if (host.startsWith("[")) {
      host = host.substring(1, host.length() - 1);
    }
    int port = uri.getPort() >= 0 ? uri.getPort() : tls ? 443 : 80;
    if (port > 65_535) {
      throw new IllegalArgumentException(
          "port " + port + " in the URL " + shown(base) + ", must be at most 65535");
    }
    String query = uri.getRawQuery();
    return new RemoteUrl(host, port, query == null ? path : path + "?" + query, tls);
  }

  private static boolean isTls(@Nullable String scheme, String base) {
    return switch (scheme == null ? "" : scheme.toLowerCase(Locale.ROOT)) {
      case "ws", "http" -> false;
      case "wss", "https" -> true;
      default ->
        throw new IllegalArgumentException(
            "the URL " + shown(base) + " must begin with ws://, wss://, http:// or https://");
    };
  }

  /** Without what may be a credential. */
  private static String shown(String base) {
    int query = base.indexOf('?');
    String shown = query < 0 ? base : base.substring(0, query);
    return shown.replaceAll("//[^/@]*@", "//...@");
  }

  /** {@code host:port}, an IPv6 address in brackets: the value of a Host header. */
  public String authority() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }

  /** The URL without its query, which may hold a token. */
  @Override
  public String toString() {
    int query = path.indexOf('?');
    return (tls ? "wss://" : "ws://") + authority() + (query < 0 ? path : path.substring(0, query));
  }
}
