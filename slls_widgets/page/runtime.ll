; What numba's compiled code asks of its runtime, for WebAssembly: counted memory, and products of 128 bits.
; numba counts references in 64 bits, whatever the size of a pointer.

%MemInfo = type { i64, ptr, ptr, ptr, i64 } ; references, destructor, its argument, data, size

declare ptr @malloc(i32)
declare void @free(ptr)
declare void @llvm.trap()

define ptr @NRT_MemInfo_alloc_aligned(i64 %size, i32 %align) {
  ; No more than a browser has, so that 32 bits hold the sum below.
  %large = icmp ugt i64 %size, 2147000000
  br i1 %large, label %none, label %ask
ask:
  %bytes = trunc i64 %size to i32
  %head = add i32 %align, 32
  %total = add i32 %bytes, %head
  %info = call ptr @malloc(i32 %total)
  %failed = icmp eq ptr %info, null
  br i1 %failed, label %none, label %fill
fill:
  %start = ptrtoint ptr %info to i32
  ; The first multiple of align behind the head.
  %behind = add i32 %start, %head
  %over = urem i32 %behind, %align
  %place = sub i32 %behind, %over
  %data = inttoptr i32 %place to ptr
  store %MemInfo { i64 1, ptr null, ptr null, ptr null, i64 0 }, ptr %info
  %at_data = getelementptr %MemInfo, ptr %info, i32 0, i32 3
  store ptr %data, ptr %at_data
  %at_size = getelementptr %MemInfo, ptr %info, i32 0, i32 4
  store i64 %size, ptr %at_size
  ret ptr %info
none:
  ret ptr null
}

define ptr @NRT_MemInfo_alloc(i64 %size) {
  %info = call ptr @NRT_MemInfo_alloc_aligned(i64 %size, i32 16)
  ret ptr %info
}

; Nothing here has a destructor: that is what lists and the like have, which kernels do not use.
define void @NRT_MemInfo_call_dtor(ptr %info) {
  call void @free(ptr %info)
  ret void
}

define ptr @NRT_Allocate(i64 %size) {
  %bytes = trunc i64 %size to i32
  %data = call ptr @malloc(i32 %bytes)
  ret ptr %data
}

define void @NRT_Free(ptr %data) {
  call void @free(ptr %data)
  ret void
}

; What only lists, strings and messages of errors would call, which no kernel has.
define ptr @NRT_MemInfo_new_varsize_dtor(i64 %size, ptr %destructor) {
  call void @llvm.trap()
  unreachable
}

define ptr @NRT_MemInfo_varsize_realloc(ptr %info, i64 %size) {
  call void @llvm.trap()
  unreachable
}

define void @PyErr_SetString(ptr %kind, ptr %text) {
  call void @llvm.trap()
  unreachable
}

define void @slls_release(ptr %info) {
  %nothing = icmp eq ptr %info, null
  br i1 %nothing, label %done, label %count
count:
  %before = load i64, ptr %info
  %after = sub i64 %before, 1
  store i64 %after, ptr %info
  %last = icmp eq i64 %after, 0
  br i1 %last, label %free, label %done
free:
  call void @NRT_MemInfo_call_dtor(ptr %info)
  br label %done
done:
  ret void
}

; Products of 64 bits in 128, by halves: numba checks with them that sizes of arrays do not overflow.
define void @__multi3(ptr %out, i64 %a, i64 %a_high, i64 %b, i64 %b_high) {
  %a0 = and i64 %a, 4294967295
  %a1 = lshr i64 %a, 32
  %b0 = and i64 %b, 4294967295
  %b1 = lshr i64 %b, 32
  %p00 = mul i64 %a0, %b0
  %p01 = mul i64 %a0, %b1
  %p10 = mul i64 %a1, %b0
  %p11 = mul i64 %a1, %b1
  %c0 = lshr i64 %p00, 32
  %l01 = and i64 %p01, 4294967295
  %l10 = and i64 %p10, 4294967295
  %s0 = add i64 %c0, %l01
  %middle = add i64 %s0, %l10
  %shifted = shl i64 %middle, 32
  %p00low = and i64 %p00, 4294967295
  %low = or i64 %shifted, %p00low
  %h01 = lshr i64 %p01, 32
  %h10 = lshr i64 %p10, 32
  %carry = lshr i64 %middle, 32
  %t0 = add i64 %p11, %h01
  %t1 = add i64 %t0, %h10
  %t2 = add i64 %t1, %carry
  %cross = mul i64 %a, %b_high
  %cross2 = mul i64 %a_high, %b
  %t3 = add i64 %t2, %cross
  %high = add i64 %t3, %cross2
  store i64 %low, ptr %out
  %at_high = getelementptr i64, ptr %out, i32 1
  store i64 %high, ptr %at_high
  ret void
}
