/* The live page, as bytes of this program. */
    .section .rodata
    .global service_page_html
    .hidden service_page_html
    .balign 16
service_page_html:
    .incbin "page.html"
    .byte 0
    .section .note.GNU-stack, "", %progbits
