package io.tributary.core.config;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations and sizes as people write them. */
public final class Units {
  private static final Pattern DURATION =
      Pattern.compile("([0-9]{1,12}(?:\\.[0-9]{1,9})?) *([a-z]+)");
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,18}) *([a-z]*)");
  private static final Map<String, Long> SIZES = new LinkedHashMap<>();

  static {
    SIZES.put("GiB", 1L << 30);
    SIZES.put("MiB", 1L << 20);
    SIZES.put("KiB", 1L << 10);
  }

  private Units() {}

  /** Reads {@code 500 ms}, {@code 5 seconds}, {@code 30 days}, {@code PT20S} or 0. */
  public static Optional<Duration> duration(String text) {
    if (text.equals("0")) {
      return Optional.of(Duration.ZERO);
    }
    Matcher matcher = DURATION.matcher(text);
    if (matcher.matches()) {
      long nanos = switch (matcher.group(2)) {
        case "ms", "milli", "millis", "millisecond", "milliseconds" -> 1_000_000L;
        case "s", "sec", "second", "seconds" -> 1_000_000_000L;
        case "m", "min", "minute", "minutes" -> 60 * 1_000_000_000L;
        case "h", "hour", "hours" -> 3600 * 1_000_000_000L;
        case "d", "day", "days" -> 86_400 * 1_000_000_000L;
        case "w", "week", "weeks" -> 7 * 86_400 * 1_000_000_000L;
        default -> 0;
      };
      if (nanos == 0) {
        return Optional.empty();
      }
      BigDecimal total = new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(nanos));
      BigDecimal[] parts = total.divideAndRemainder(BigDecimal.valueOf(1_000_000_000L));
      return Optional.of(Duration.ofSeconds(
          parts[0].longValue(), parts[1].setScale(0, RoundingMode.DOWN).longValue()));
    }
    try {
      return Optional.of(Duration.parse(text));
    } catch (DateTimeParseException | ArithmeticException e) {
      return Optional.empty();
    }
  }

  /** In the largest unit that shows it whole. */
  public static String show(Duration duration) {
    long seconds = duration.toSeconds();
    if (!duration.equals(Duration.ofSeconds(seconds))) {
      Duration millis = Duration.ofMillis(duration.toMillis());
      return duration.equals(millis) ? millis.toMillis() + " ms" : duration.toString();
    } else if (seconds != 0 && seconds % 86_400 == 0) {
      return count(seconds / 86_400, "day");
    } else if (seconds != 0 && seconds % 3600 == 0) {
      return count(seconds / 3600, "hour");
    } else if (seconds != 0 && seconds % 60 == 0) {
      return count(seconds / 60, "minute");
    } else {
      return count(seconds, "second");
    }
  }

  private static String count(long number, String unit) {
    return number + " " + unit + (number == 1 ? "" : "s");
  }

  /** Reads {@code 512 KiB}, {@code 64 MiB}, {@code 1 GiB} or bytes. */
  public static Optional<Long> size(String text) {
    Matcher matcher = SIZE.matcher(text.toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      return Optional.empty();
    }
    long factor = switch (matcher.group(2)) {
      case "", "b", "byte", "bytes" -> 1;
      case "kib" -> 1L << 10;
      case "mib" -> 1L << 20;
      case "gib" -> 1L << 30;
      default -> 0;
    };
    long number = Long.parseLong(matcher.group(1));
    return factor == 0 || number > Long.MAX_VALUE / factor
        ? Optional.empty()
        : Optional.of(number * factor);
  }

  /** In the largest unit that shows it whole. */
  public static String show(long bytes) {
    for (Map.Entry<String, Long> unit : SIZES.entrySet()) {
      if (bytes != 0 && bytes % unit.getValue() == 0) {
        return bytes / unit.getValue() + " " + unit.getKey();
      }
    }
    return bytes + " bytes";
  }
}
