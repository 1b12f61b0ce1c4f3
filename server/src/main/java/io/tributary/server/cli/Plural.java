package io.tributary.server.cli;

/** Numbers with what they count, for people. */
final class Plural {
  private Plural() {}

  /** {@code 1 entry}, {@code 2 entries}. */
  static String of(long count, String noun) {
    return count + " " + noun(count, noun);
  }

  /** {@code entry} or {@code entries}, for a number that is shown in a form of its own. */
  static String noun(long count, String noun) {
    if (count == 1) {
      return noun;
    }
    return noun.endsWith("y") ? noun.substring(0, noun.length() - 1) + "ies" : noun + "s";
  }
}
