// What Go's runtime says of its own addresses. "places": of each on standard input, the innermost function, its file and
// line. "stack": of each logical frame of a stack with inlined calls, its address, function, file and line.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// How far from the addresses in its file (the first of them is the second argument) the program was loaded.
func bias() uintptr {
	var first, start uintptr
	fmt.Sscanf(os.Args[2], "%x", &first)
	self, _ := os.Executable()
	maps, _ := os.ReadFile("/proc/self/maps")
	for _, line := range strings.Split(string(maps), "\n") {
		if strings.HasSuffix(line, self) {
			fmt.Sscanf(line, "%x-", &start)
			break
		}
	}
	return start - first
}

func places() {
	lines := bufio.NewScanner(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	start := bias()
	for lines.Scan() {
		var pc uintptr
		fmt.Sscanf(lines.Text(), "%x", &pc)
		pc += start
		frame, _ := runtime.CallersFrames([]uintptr{pc + 1}).Next()
		if runtime.FuncForPC(pc) != runtime.FuncForPC(pc+1) { // a return address is looked up at its call
			frame = runtime.Frame{}
		}
		fmt.Fprintf(out, "%s\t%s\t%d\n", frame.Function, frame.File, frame.Line)
	}
}

func innermost() {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs)])
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		fmt.Printf("%x\t%s\t%s\t%d\n", f.PC-bias(), f.Function, f.File, f.Line)
	}
}

type thing struct{ name string }

func (t *thing) visit() { innermost() }

func middle(t *thing) {
	t.visit()
}

func each[T any](list []T, f func(T)) {
	for _, x := range list {
		f(x)
	}
}

//go:noinline
func outer() {
	each([]*thing{{"a"}}, func(t *thing) { middle(t) })
	middle(&thing{strings.Repeat("b", 2)})
}

func main() {
	if os.Args[1] == "places" {
		places()
	} else {
		outer()
	}
}
