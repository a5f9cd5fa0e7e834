package catalogue

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Plural is a text with a number, {n}. Languages without a plural say the same twice.
type Plural struct{ One, Other string }

// Count fills the number in. In French one and none are alike.
func (t *Texts) Count(p Plural, n int) string {
	text := p.Other
	if n == 1 || n == 0 && t.Tag == "fr" {
		text = p.One
	}
	return Fill(text, "n", t.Number(int64(n)))
}

// ReadFirst says for how many seconds more a caution is there to be read before the user
// can go on.
func (t *Texts) ReadFirst(seconds int) string {
	return Fill(t.Question.ReadFirst, "seconds", t.Count(t.Units.Seconds, seconds))
}

// Day writes a date.
func (t *Texts) Day(at time.Time) string {
	return Fill(t.Dates.Day, "day", strconv.Itoa(at.Day()), "month", t.month(at), "year", strconv.Itoa(at.Year()))
}

// DayTime writes a date and the time of day.
func (t *Texts) DayTime(at time.Time) string {
	return Fill(t.Dates.DayTime, "date", t.Day(at), "time", at.Format("15:04"))
}

// MonthYear writes a month.
func (t *Texts) MonthYear(at time.Time) string {
	return Fill(t.Dates.MonthYear, "month", t.month(at), "year", strconv.Itoa(at.Year()))
}

func (t *Texts) month(at time.Time) string {
	if i := int(at.Month()) - 1; i < len(t.Dates.Months) {
		return t.Dates.Months[i]
	}
	return at.Format("01")
}

// Elapsed writes how long something has been going on, in whole minutes.
func (t *Texts) Elapsed(d time.Duration) string {
	m := max(int(d/time.Minute), 0)
	if m >= 60 {
		return Fill(t.Units.HoursShort, "h", strconv.Itoa(m/60), "m", fmt.Sprintf("%02d", m%60))
	}
	return Fill(t.Units.MinutesShort, "n", strconv.Itoa(m))
}

// Lasted writes how long something took, for a summary.
func (t *Texts) Lasted(d time.Duration) string {
	if d < time.Minute {
		return t.Units.UnderMinute
	}
	return t.Elapsed(d)
}

// Spoken writes a span of time in whole words, to the second.
func (t *Texts) Spoken(d time.Duration) string {
	d = d.Round(time.Second)
	var parts []string
	for _, unit := range []struct {
		name Plural
		size time.Duration
	}{{t.Units.Hours, time.Hour}, {t.Units.Minutes, time.Minute}, {t.Units.Seconds, time.Second}} {
		n := int(d / unit.size)
		d -= time.Duration(n) * unit.size
		if n > 0 {
			parts = append(parts, t.Count(unit.name, n))
		}
	}
	if len(parts) == 0 {
		return t.Units.UnderSecond
	}
	return strings.Join(parts, t.Units.Between)
}

// Number writes a whole number; from five digits on in groups of three.
func (t *Texts) Number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	if len(digits) < 5 {
		return digits
	}
	return t.grouped(digits)
}

func (t *Texts) grouped(digits string) string {
	cut := len(digits) - 3
	if cut <= 0 {
		return digits
	}
	return Fill(t.Units.Thousands, "n", t.grouped(digits[:cut]), "rest", digits[cut:])
}

// Bytes writes a size: "812 B", "2.0 MB"; in French "2,0 Mo". The number and its unit stay on
// one line. n is not below zero.
func (t *Texts) Bytes(n int64) string {
	const step = 1000
	value, unit, last := float64(n), 0, len(t.Units.Sizes)-1
	for value >= step && unit < last {
		value /= step
		unit++
	}
	number := strconv.FormatFloat(value, 'f', 0, 64)
	if tenths := strconv.FormatFloat(value, 'f', 1, 64); unit > 0 && value < 10 && len(tenths) == len("9.9") {
		number = Fill(t.Units.Decimal, "n", tenths[:1], "tenths", tenths[2:])
	}
	return Fill(t.Units.Sizes[unit], "n", number)
}
