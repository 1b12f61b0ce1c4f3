package io.tributary.server.config;

import java.util.regex.Pattern;

/** Which hosts are this machine alone. */
public final class Loopback {
  private static final Pattern V4 = Pattern.compile("127(?:\\.[0-9]{1,3}){3}");

  private Loopback() {}

  /**
   * Whether what listens on a host can be reached only from this machine. Decided by its text: names
   * other than {@code localhost} are not looked up, since what DNS says of them is not to be trusted.
   *
   * @param host a name or an address; IPv6 without brackets
   */
  public static boolean is(String host) {
    return host.equalsIgnoreCase("localhost")
        || host.equals("::1")
        || host.equals("0:0:0:0:0:0:0:1")
        || V4.matcher(host).matches();
  }
}
