package io.tributary.server.cli;

import picocli.CommandLine.IVersionProvider;

/** What {@code --version} says. */
public final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {"tributary " + version() + " (Java " + Runtime.version() + ")"};
  }

  /** The version in the jar's manifest; {@code development} outside a jar. */
  static String version() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
